// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include <mongoc/mongoc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "tests/support/scripted_mongod/bson_document.h"
#include "tests/support/scripted_mongod/replica_set.h"

// Measures how many documents per second the scripted MongoDB accepts: a simulated set of three
// members in this process, w: majority, unordered batches, documents like those of the plugin.
// bench-scripted-insert [DOCUMENTS [CONNECTIONS [BATCH]]]
namespace mongo_store::scripted {
namespace {

constexpr int kBatchMax = 10'000;

struct Load {
  int documents = 500'000;
  int connections = 2;
  int batch = 1000;
};

BsonDocument make_document() {
  BsonDocument document;
  bson_oid_t id;
  bson_oid_init(&id, nullptr);
  BSON_APPEND_OID(document.get(), "_id", &id);
  BSON_APPEND_DATE_TIME(document.get(), "date", 1'700'000'000'000);
  append_text(document.get(), "deviceUID", "7d8e1b70-3f0a-4f5e-9a0e-5b1f6f1f2a33");
  BSON_APPEND_INT32(document.get(), "value", 21);
  append_text(document.get(), "gatewayID", "gateway.8c5b1f6e-3f0a-11ee-9a0e-0242ac110002");
  return document;
}

bool insert_batch(mongoc_collection_t* collection, int count) {
  std::vector<BsonDocument> documents;
  const bson_t* pointers[kBatchMax];
  for (int i = 0; i < count; ++i) {
    documents.push_back(make_document());
    pointers[i] = documents.back().get();
  }
  const BsonDocument options;
  BSON_APPEND_BOOL(options.get(), "ordered", false);
  BSON_APPEND_BOOL(options.get(), "validate", false);
  return mongoc_collection_insert_many(collection, pointers, documents.size(), options.get(),
                                       nullptr, nullptr);
}

void insert_share(mongoc_client_pool_t* pool, const Load& load) {
  mongoc_client_t* client = mongoc_client_pool_pop(pool);
  mongoc_collection_t* collection = mongoc_client_get_collection(client, "mongogw", "devices");
  for (int done = 0; done < load.documents / load.connections; done += load.batch) {
    if (!insert_batch(collection, load.batch)) {
      std::fprintf(stderr, "an insert failed\n");
      std::exit(EXIT_FAILURE);
    }
  }
  mongoc_collection_destroy(collection);
  mongoc_client_pool_push(pool, client);
}

int measure(const Load& load) {
  ReplicaSetOptions options;
  options.server.node.replica_set = "rs0";
  options.ports = {0, 0, 0};
  const Result<std::unique_ptr<ReplicaSet>> set = ReplicaSet::start(options);
  if (!set.is_ok()) return EXIT_FAILURE;
  const std::string address = text("mongodb://", set.value()->hosts().front(),
                                   "/?replicaSet=rs0&w=majority&serverSelectionTimeoutMS=20000");
  mongoc_uri_t* uri = mongoc_uri_new(address.c_str());
  mongoc_client_pool_t* pool = mongoc_client_pool_new(uri);
  mongoc_uri_destroy(uri);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < load.connections; ++i) {
    threads.emplace_back([&] { insert_share(pool, load); });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%d documents, %d connections, batches of %d, three members, w: majority: %.0f/s\n",
              load.documents, load.connections, load.batch, load.documents / took.count());
  mongoc_client_pool_destroy(pool);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mongo_store::scripted

int main(int argc, char** argv) {
  using mongo_store::scripted::kBatchMax;
  mongo_store::scripted::Load load;
  int* const numbers[] = {&load.documents, &load.connections, &load.batch};
  for (int i = 1; i < argc && i <= 3; ++i) *numbers[i - 1] = std::atoi(argv[i]);
  if (load.documents < 1 || load.connections < 1 || load.batch < 1 || load.batch > kBatchMax) {
    std::fprintf(stderr, "usage: bench-scripted-insert [DOCUMENTS [CONNECTIONS [BATCH]]]\n");
    return EXIT_FAILURE;
  }
  mongoc_init();
  return mongo_store::scripted::measure(load);
}
