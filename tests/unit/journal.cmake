# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
foreach(file appender attempt_marks checkpoint_file concurrency format inspection journal
        journal_folder journal_search kept_payloads kill posix_file_system reader recovery
        segment_scan upkeep)
  add_unit_test(journal/${file} LINKS mongo_store_journal)
endforeach()
add_unit_test(journal/format_document LINKS mongo_store_journal mongo_store_message)
add_unit_test(journal/any_damage LINKS mongo_store_journal)
add_unit_test(journal/power_loss LINKS mongo_store_journal power_loss)
