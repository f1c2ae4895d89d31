// SPDX-License-Identifier: Apache-2.0
// SHA-256 of everything that determines a cached result.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fitest {

// Fields are length-prefixed, so that ("ab","c") and ("a","bc") differ.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& field(std::string_view text);
  Sha256& field(std::span<const std::byte> bytes);
  // 64 hexadecimal digits; the object is spent afterwards.
  std::string hex_digest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Plain SHA-256 of the bytes alone, as sha256sum prints it.
std::string sha256_hex(std::string_view bytes);

}  // namespace fitest
