# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# For scripts that leave their arguments to a Python program; sourced by them. It takes $root from
# there.

python=/usr/bin/python3  # Debian's: the clients that the program loads are its packages

# Ends the script if its arguments are wrong or ask for help, before it installs or builds anything.
# FUNCTION of MODULE prints nothing if they are right.
require_good_arguments() {  # MODULE FUNCTION [argument...]
  local module=$1 function=$2 help
  shift 2
  [[ -x $python ]] || "$root/scripts/install-deps"
  help=$("$python" -c "import $module; $module.$function()" "$@") || exit
  [[ -z $help ]] || { echo "$help"; exit; }
}
