// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "mongo/document_views.h"

#include "tests/support/cmocka.h"

namespace mongo_store::mongo {
namespace {

using delivery::RefusalKind;

// {"": <binary of as many bytes as are left>}
ByteBuffer document_of(std::size_t bytes) {
  OwnedBson document;
  constexpr std::size_t kAroundTheBinary = 12;
  const ByteBuffer content(bytes - kAroundTheBinary);
  bson_append_binary(document.get(), "", -1, BSON_SUBTYPE_BINARY,
                     reinterpret_cast<const std::uint8_t*>(content.data()),
                     static_cast<std::uint32_t>(content.size()));
  const auto* data = reinterpret_cast<const std::byte*>(bson_get_data(document.get()));
  return {data, data + document.get()->len};
}

void a_document_over_sixteen_mebibytes_is_at_fault_and_the_others_are_sent(void**) {
  const ByteBuffer small = document_of(50);
  const ByteBuffer largest = document_of(kDocumentBytesMax);
  const ByteBuffer too_large = document_of(kDocumentBytesMax + 1);
  const ByteView documents[] = {small, too_large, largest};
  DocumentViews views(documents);
  assert_int_equal(views.size(), 2);
  assert_int_equal(views.position(1), 2);
  assert_ptr_equal(bson_get_data(views.pointers()[1]), largest.data());  // no copy
  assert_int_equal(views.refused().size(), 1);
  assert_int_equal(views.refused()[0].index, 1);
  assert_int_equal(views.refused()[0].code, 10334);
  assert_true(views.refused()[0].kind == RefusalKind::kDocumentAtFault);
}

void what_is_no_bson_is_at_fault(void**) {
  ByteBuffer cut = document_of(50);
  cut.pop_back();
  const ByteView documents[] = {cut, as_bytes("no"), ByteView{}};
  const DocumentViews views(documents);
  assert_int_equal(views.size(), 0);
  assert_int_equal(views.refused().size(), 3);
  assert_true(views.refused()[2].kind == RefusalKind::kDocumentAtFault);
}

}  // namespace
}  // namespace mongo_store::mongo

int main() {
  using namespace mongo_store::mongo;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_document_over_sixteen_mebibytes_is_at_fault_and_the_others_are_sent),
      cmocka_unit_test(what_is_no_bson_is_at_fault),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
