# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_unit_test(metrics/registry LINKS mongo_store_metrics)
