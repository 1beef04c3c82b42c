# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
add_library(journal_workbench STATIC journal/workbench.cc)
target_link_libraries(journal_workbench PUBLIC test_doubles
  PRIVATE mongo_store_flags mongo_store_test_flags)

foreach(file appender attempt_marks checkpoint_file concurrency damaged_records format inspection
        journal journal_folder journal_search kept_payloads kill lost_segments posix_file_system
        reader recovery segment_scan upkeep)
  add_unit_test(journal/${file} LINKS journal_workbench)
endforeach()
add_unit_test(journal/format_document LINKS journal_workbench mongo_store_message)
add_unit_test(journal/any_damage LINKS journal_workbench)
add_library(power_loss_machine STATIC journal/power_loss_machine.cc)
target_link_libraries(power_loss_machine PUBLIC journal_workbench power_loss
  PRIVATE mongo_store_flags mongo_store_test_flags)
add_unit_test(journal/power_loss LINKS power_loss_machine)
# They try everything in turn, which takes most of the suite's time: scripts/test leaves them to
# --all. COST: they begin first.
set_tests_properties(unit.journal.any_damage unit.journal.power_loss PROPERTIES
  LABELS exhaustive COST 100)
