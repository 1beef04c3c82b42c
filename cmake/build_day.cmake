# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# MONGO_STORE_BUILD_SECONDS is the start of the day (UTC) before which no clock can be right. It is the
# day of SOURCE_DATE_EPOCH, otherwise of the last commit, otherwise of this run of CMake. The same sources
# therefore produce the same bytes, unless neither of the first two is known.
set(MONGO_STORE_BUILD_SECONDS "")
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH} AND EXISTS "${PROJECT_SOURCE_DIR}/.git")
  find_program(MONGO_STORE_GIT git)
  if(MONGO_STORE_GIT)
    execute_process(COMMAND "${MONGO_STORE_GIT}" log -1 --format=%ct
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
      OUTPUT_VARIABLE MONGO_STORE_BUILD_SECONDS OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(NOT MONGO_STORE_BUILD_SECONDS MATCHES "^[0-9]+$")
  string(TIMESTAMP MONGO_STORE_BUILD_SECONDS "%s" UTC)  # SOURCE_DATE_EPOCH if it is set
endif()
math(EXPR MONGO_STORE_BUILD_SECONDS
  "${MONGO_STORE_BUILD_SECONDS} - ${MONGO_STORE_BUILD_SECONDS} % 86400")
