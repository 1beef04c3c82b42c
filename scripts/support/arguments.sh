# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Sourced by scripts that pass their arguments to a Python program. Uses their $root.

python=/usr/bin/python3  # Debian's: the program loads clients from Debian's packages

# Ends the script if its arguments are wrong or ask for help, before it installs or builds anything.
# FUNCTION of MODULE prints nothing if they are right.
require_good_arguments() {  # MODULE FUNCTION [argument...]
  local module=$1 function=$2 help
  shift 2
  [[ -x $python ]] || "$root/scripts/install-deps"
  help=$("$python" -c "import $module; $module.$function()" "$@") || exit
  [[ -z $help ]] || { echo "$help"; exit; }
}
