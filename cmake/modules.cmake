# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

# add_module(NAME SOURCES file... [USES module...] [LINKS target...])
# One folder of plugin/ is one static library mongo_store_NAME.
function(add_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINKS" ${ARGN})
  set(target mongo_store_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/plugin")
  list(TRANSFORM ARG_USES PREPEND mongo_store_)
  target_link_libraries(${target} PUBLIC ${ARG_USES} ${ARG_LINKS} PRIVATE mongo_store_flags)
endfunction()

# add_unit_test(PATH [LINKS target...]): tests/unit/PATH_test.cc is one executable, and the CTest
# name is its path: unit.journal.segment_writer.
function(add_unit_test path)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  string(REPLACE "/" "." test_name "unit.${path}")
  string(REPLACE "/" "_" target "unit_${path}_test")
  add_executable(${target} "${path}_test.cc")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${ARG_LINKS} PkgConfig::CMOCKA mongo_store_flags)
  add_test(NAME ${test_name} COMMAND ${target} WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  set_tests_properties(${test_name} PROPERTIES TIMEOUT 300
    ENVIRONMENT "MONGO_STORE_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
