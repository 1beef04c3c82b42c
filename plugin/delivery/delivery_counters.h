// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "metrics/registry.h"

namespace mongo_store::delivery {

// The counters of the delivery threads, in addition to the journal's balance. Any thread.
struct DeliveryCounters {
  explicit DeliveryCounters(metrics::Registry& registry)
      : documents_taken(registry.counter("documents_taken", "documents that MongoDB inserted")),
        dead_letters_taken(
            registry.counter("dead_letters_taken", "dead letters that MongoDB inserted")),
        batches_sent(registry.counter("batches_sent", "insert commands, including repeated ones")),
        batches_failed(
            registry.counter("batches_failed", "insert commands that failed as a whole")),
        inserts_throttled(
            registry.counter("inserts_throttled", "insert commands that MongoDB throttled")),
        read_backs_failed(registry.counter("read_backs_failed",
                                           "failed lookups of documents that may be stored")),
        already_stored(registry.counter("already_stored",
                                        "documents and dead letters that were found stored "
                                        "after a lost answer")),
        id_conflicts(registry.counter("id_conflicts",
                                      "documents whose _id another document has; they became "
                                      "dead letters")) {}

  metrics::Counter& documents_taken;
  metrics::Counter& dead_letters_taken;
  metrics::Counter& batches_sent;
  metrics::Counter& batches_failed;
  metrics::Counter& inserts_throttled;
  metrics::Counter& read_backs_failed;
  metrics::Counter& already_stored;
  metrics::Counter& id_conflicts;
  // Not in the registry. Counts closings of the connection on a single document and refusals for
  // reasons that may pass, each only until the limit for a verdict (is_step_to_verdict()).
  metrics::Counter steps_to_verdicts;
};

}  // namespace mongo_store::delivery
