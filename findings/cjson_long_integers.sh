#!/usr/bin/env bash
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# cJSON 1.7.15: reading and printing changes the last digit of some integers of 16 digits.
#
# One would expect: a double holds integers up to 2^53 exactly, so a parse and a print give them back.
# What happens: the value in memory is exact. It is printed with 15 digits, and with 17 only if the shorter
#   text differs by more than DBL_EPSILON times the number. From 4503599627370496 (2^52) on, that lets a
#   difference of 1 pass: 5123456789012341 becomes 5.12345678901234e+15, which is 5123456789012340.
#   5123456789012343 is printed in full. 0.1 + 0.2 becomes 0.3.
# Consequence: a program that passes JSON on through cJSON changes one in five such ids, silently. Pass
#   the original text on, or print numbers yourself.
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

command -v gcc >/dev/null || cannot_run 'there is no gcc'
unpack {libcjson-dev,libcjson1}=1.7.15-1+deb12u4
cat >"$folder/print.c" <<'END'
#include <stdio.h>
#include <cjson/cJSON.h>
/* Each argument: as it was read, in full, and as it is printed. */
int main(int count, char **numbers) {
  for (int i = 1; i < count; i++) {
    cJSON *item = cJSON_Parse(numbers[i]);
    if (item == NULL) return 1;
    printf("%.17g %s\n", cJSON_GetNumberValue(item), cJSON_PrintUnformatted(item));
  }
  return 0;
}
END
gcc -I"$root/usr/include" -o "$folder/print" "$folder/print.c" -L"$libraries" -lcjson

show() { LD_LIBRARY_PATH="$libraries" "$folder/print" "$1"; }  # NUMBER

expect 'microseconds since 1970' '1795555501154123 1795555501154123' "$(show 1795555501154123)"
expect 'an id that ends in 1' '5123456789012341 5.12345678901234e+15' "$(show 5123456789012341)"
expect 'an id that ends in 3' '5123456789012343 5123456789012343' "$(show 5123456789012343)"
expect 'an id that ends in 9' '5123456789012349 5.12345678901235e+15' "$(show 5123456789012349)"
expect '2^53 - 1' '9007199254740991 9.00719925474099e+15' "$(show 9007199254740991)"
expect '0.1 + 0.2' '0.30000000000000004 0.3' "$(show 0.30000000000000004)"
finish
