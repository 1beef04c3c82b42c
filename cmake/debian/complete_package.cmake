# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# CPack runs this on the files to be packed. It compresses manual pages and changelogs, as Debian does,
# and makes all folders readable for everyone, whatever the umask is.

set(installed "${CPACK_TEMPORARY_DIRECTORY}${CPACK_INSTALL_PREFIX}")
set(shared "${installed}/share")
foreach(page man1/device-sim.1 man1/mongo-store.1 man7/mosquitto_mongo_store.7)
  if(NOT EXISTS "${shared}/man/${page}")
    message(FATAL_ERROR "The manual pages are missing: install help2man and lowdown, then "
      "configure and build again")
  endif()
endforeach()

file(GLOB compressed "${shared}/man/man?/*.?" "${shared}/doc/*/changelog*")
foreach(file IN LISTS compressed)
  execute_process(COMMAND gzip -9n -- "${file}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND find "${installed}" -type d -exec chmod 755 {} +
  COMMAND_ERROR_IS_FATAL ANY)
