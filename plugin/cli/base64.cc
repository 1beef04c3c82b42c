// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "cli/base64.h"

#include <openssl/evp.h>

namespace mongo_store::cli {

// The longest input is a record's body, whose size always fits an int.
std::string base64(ByteView bytes) {
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');  // it writes a NUL after the text
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return encoded;
}

}  // namespace mongo_store::cli
