# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# The Debian package. It installs the plugin where Debian keeps Mosquitto's own, regardless of the
# prefix of this build tree, and everything else below /usr like `cmake --install`.

set(MONGO_STORE_PACKAGE_MAINTAINER
  "mosquitto-mongo-store contributors <maintainers@mosquitto-mongo-store.invalid>"
  CACHE STRING "Maintainer of the Debian package, as NAME <ADDRESS>")

# Packages for different Debian releases depend on different libraries, so their versions differ:
# 0.1.0-1~deb12. An unreleased Debian has no number, and its version sorts last: 0.1.0-1.
cmake_host_system_information(RESULT debian_release QUERY DISTRIB_VERSION_ID)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
if(debian_release MATCHES "^[0-9.]+$")
  string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "~deb${debian_release}")
endif()

set(package_folder "${PROJECT_BINARY_DIR}/debian")
set(package_library_folder lib)
if(CMAKE_LIBRARY_ARCHITECTURE)
  string(APPEND package_library_folder "/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()

# Indents each line by one space, as Debian's copyright file requires in fields of several lines.
foreach(licence EPL-2.0 BSD-3-Clause)
  file(READ "LICENSES/${licence}.txt" text)
  string(REPLACE "\t" "  " text "${text}")
  string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" text "\n${text}")
  string(REGEX REPLACE "\n[ \t]*\n" "\n.\n" text "${text}")
  string(REPLACE "\n" "\n " text "${text}")
  string(STRIP "${text}" "text_of_${licence}")
endforeach()
configure_file(cmake/debian/copyright.in "${package_folder}/copyright" @ONLY)
configure_file(cmake/debian/README.Debian.in "${package_folder}/README.Debian" @ONLY)

# The date of SOURCE_DATE_EPOCH, or otherwise of the last change to the changelog.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
else()
  file(TIMESTAMP CHANGELOG.md package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
endif()
configure_file(cmake/debian/changelog.in "${package_folder}/changelog.Debian" @ONLY)
configure_file(CHANGELOG.md "${package_folder}/changelog" COPYONLY)

set(document_folder "${CMAKE_INSTALL_DATADIR}/doc/mosquitto-mongo-store")
install(FILES "${package_folder}/copyright" DESTINATION "${document_folder}")
install(FILES README.md DESTINATION "${document_folder}")
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES ${documents} DESTINATION "${document_folder}/docs")
file(GLOB images CONFIGURE_DEPENDS docs/images/*.svg)
install(FILES ${images} DESTINATION "${document_folder}/docs/images")

# Files that only the package contains.
install(TARGETS mosquitto_mongo_store LIBRARY DESTINATION "${package_library_folder}"
  COMPONENT debian EXCLUDE_FROM_ALL)
set(sample_folder "${document_folder}")
set(plugin_folder "${package_library_folder}")
configure_file(broker-config/install_samples.cmake.in "${package_folder}/install_samples.cmake" @ONLY)
install(SCRIPT "${package_folder}/install_samples.cmake" COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES "${package_folder}/README.Debian" "${package_folder}/changelog.Debian"
    "${package_folder}/changelog"
  DESTINATION "${document_folder}" COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES cmake/debian/lintian-overrides DESTINATION "${CMAKE_INSTALL_DATADIR}/lintian/overrides"
  RENAME mosquitto-mongo-store COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mosquitto-mongo-store)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${MONGO_STORE_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Mosquitto plugin that stores what devices publish in MongoDB")
set(CPACK_PACKAGE_DESCRIPTION
"A plugin for the MQTT broker Mosquitto. It keeps each publish in a journal on
disk before the device gets its acknowledgement, and writes it to MongoDB
exactly once, even if the database is slow or unavailable for a while.

The package also contains mongo-store, which shows stored documents and manages
journals and dead letters, and device-sim, which simulates a fleet of devices.

Installing the package changes nothing in the broker: README.Debian says how to
enable the plugin.")
# Paths inside the package are those on the target system.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS
  "${PROJECT_BINARY_DIR};mosquitto-mongo-store;Unspecified;/"
  "${PROJECT_BINARY_DIR};mosquitto-mongo-store;debian;/")
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian/complete_package.cmake")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "mosquitto (>= 2.0.11)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS mosquitto-clients)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${PROJECT_SOURCE_DIR}/cmake/debian/postinst"
  "${PROJECT_SOURCE_DIR}/cmake/debian/prerm"
  "${PROJECT_SOURCE_DIR}/cmake/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# CMake's own target `package` would build everything first, even the tests. CMake creates that target
# only if this file is in the build tree's top folder, where an earlier version of this project put it.
set(CPACK_OUTPUT_CONFIG_FILE "${package_folder}/CPackConfig.cmake")
file(REMOVE "${PROJECT_BINARY_DIR}/CPackConfig.cmake")
include(CPack)
add_custom_target(package
  COMMAND "${CMAKE_CPACK_COMMAND}" --config "${CPACK_OUTPUT_CONFIG_FILE}" -B "${PROJECT_BINARY_DIR}"
  VERBATIM USES_TERMINAL)
add_dependencies(package mosquitto_mongo_store mongo-store device-sim)
if(TARGET manual-pages)
  add_dependencies(package manual-pages)
endif()
