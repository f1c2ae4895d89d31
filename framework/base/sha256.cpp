// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "base/error.h"

namespace fitest {
namespace {

void require(int result) {
  if (result != 1) fail(ErrorKind::Internal, "OpenSSL refused SHA-256");
}

class Hasher {
 public:
  Hasher() { require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }
  void update(const void* data, std::size_t size) {
    require(EVP_DigestUpdate(context_.get(), data, size));
  }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned char byte : digest) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    return text;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

}  // namespace

struct Sha256::State : Hasher {};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

Sha256& Sha256::field(std::string_view text) {
  return field(std::as_bytes(std::span(text.data(), text.size())));
}

Sha256& Sha256::field(std::span<const std::byte> bytes) {
  const auto size = static_cast<std::uint64_t>(bytes.size());
  state_->update(&size, sizeof size);
  state_->update(bytes.data(), bytes.size());
  return *this;
}

std::string Sha256::hex_digest() {
  return state_->hex();
}

std::string sha256_hex(std::string_view bytes) {
  Hasher hasher;
  hasher.update(bytes.data(), bytes.size());
  return hasher.hex();
}

}  // namespace fitest
