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

# Flags that follow mongo_store_flags, for programs that only tests use.
add_library(mongo_store_test_flags INTERFACE)
if(MONGO_STORE_SANITIZER MATCHES "undefined" AND NOT MONGO_STORE_FUZZER)
  # Optimising them would double the compile time, and they aren't shipped.
  target_compile_options(mongo_store_test_flags INTERFACE -fno-sanitize=undefined)
endif()

# The same flags for all unit tests, which share precompiled headers.
add_library(mongo_store_unit_test_flags INTERFACE)
target_link_libraries(mongo_store_unit_test_flags INTERFACE mongo_store_test_flags)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")  # the tested libraries are optimised
  target_compile_options(mongo_store_unit_test_flags INTERFACE -O1)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC's warnings about memcpy() in std::string are wrong if it comes from a precompiled header.
  target_compile_options(mongo_store_unit_test_flags INTERFACE
    -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()

# add_unit_test(PATH [LINKS target...]): tests/unit/PATH_test.cc is one executable, and the CTest
# name is its path: unit.journal.segment_writer.
function(add_unit_test path)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  string(REPLACE "/" "." test_name "unit.${path}")
  string(REPLACE "/" "_" target "unit_${path}_test")
  add_executable(${target} "${path}_test.cc")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_precompile_headers(${target} REUSE_FROM mongo_store_unit_test_headers)
  target_link_libraries(${target} PRIVATE ${ARG_LINKS} PkgConfig::CMOCKA mongo_store_flags
    mongo_store_unit_test_flags)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)  # it has one source
  add_test(NAME ${test_name} COMMAND ${target} WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  set_tests_properties(${test_name} PROPERTIES TIMEOUT 900
    ENVIRONMENT "MONGO_STORE_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
