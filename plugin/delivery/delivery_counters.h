// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#pragma once

#include "metrics/registry.h"

namespace mongo_store::delivery {

// What the delivery threads count, beside the balance.
struct DeliveryCounters {
  explicit DeliveryCounters(metrics::Registry& registry)
      : documents_taken(registry.counter("documents_taken", "documents that MongoDB took")),
        dead_letters_taken(
            registry.counter("dead_letters_taken", "dead letters that MongoDB took")),
        batches_sent(registry.counter("batches_sent", "insert commands, repeated ones included")),
        batches_failed(registry.counter("batches_failed", "insert commands that failed whole")),
        inserts_throttled(registry.counter("inserts_throttled",
                                           "insert commands of which MongoDB put off a part")),
        read_backs_failed(registry.counter("read_backs_failed",
                                           "finds of documents that may be stored, without an "
                                           "answer")),
        already_stored(registry.counter("already_stored",
                                        "documents and dead letters found stored already, "
                                        "after a lost answer")),
        id_conflicts(registry.counter("id_conflicts",
                                      "documents whose _id another one had: dead letters")) {}

  metrics::Counter& documents_taken;
  metrics::Counter& dead_letters_taken;
  metrics::Counter& batches_sent;
  metrics::Counter& batches_failed;
  metrics::Counter& inserts_throttled;
  metrics::Counter& read_backs_failed;
  metrics::Counter& already_stored;
  metrics::Counter& id_conflicts;
  // In no registry: closings on one document alone, until they are as many as a verdict may take,
  // and refusals for a reason that may pass, until they have lasted as long.
  metrics::Counter steps_to_verdicts;
};

}  // namespace mongo_store::delivery
