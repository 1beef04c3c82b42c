# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# Options that every target of this project is compiled and linked with.

set(MONGO_STORE_SANITIZER "" CACHE STRING "Sanitizers: a -fsanitize list, e.g. address,undefined")
option(MONGO_STORE_COVERAGE "Instrument for gcov" OFF)
option(MONGO_STORE_HARDENING "Harden optimised builds like Debian's own programs" ON)
option(MONGO_STORE_FUZZER "Build the fuzz targets with libFuzzer (clang)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(MONGO_STORE_CCACHE ccache)
if(MONGO_STORE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${MONGO_STORE_CCACHE}")
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)  # ccache can't cache compilations that use them
endif()

add_library(mongo_store_flags INTERFACE)
target_compile_options(mongo_store_flags INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 at -O3 (build type Release) wrongly warns about assignments to std::string: GCC bug
  # 105651.
  target_compile_options(mongo_store_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(mongo_store_flags INTERFACE -Wthread-safety)
endif()
# OpenSSL's macros put __FILE__ into programs.
target_compile_options(mongo_store_flags INTERFACE "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
# Debian's compiler makes position-independent executables by default. Builds with dpkg-buildflags
# already set a level of _FORTIFY_SOURCE.
if(MONGO_STORE_HARDENING AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT MONGO_STORE_SANITIZER)
  target_compile_options(mongo_store_flags INTERFACE -fstack-protector-strong)
  target_link_options(mongo_store_flags INTERFACE "LINKER:-z,relro,-z,now")
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "_FORTIFY_SOURCE")
    target_compile_options(mongo_store_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
if(MONGO_STORE_SANITIZER)
  target_compile_options(mongo_store_flags INTERFACE
    -fsanitize=${MONGO_STORE_SANITIZER} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mongo_store_flags INTERFACE -fsanitize=${MONGO_STORE_SANITIZER})
endif()
if(MONGO_STORE_COVERAGE)
  target_compile_options(mongo_store_flags INTERFACE --coverage -O0)
  target_link_options(mongo_store_flags INTERFACE --coverage)
endif()
if(MONGO_STORE_FUZZER)
  target_compile_options(mongo_store_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
