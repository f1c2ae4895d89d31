// SPDX-License-Identifier: Apache-2.0
#include "compile/kernel_cache.h"

#include <fmt/format.h>

#include <system_error>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "fitest kernel 1\n";
constexpr std::size_t kDigestSize = 64;

void put(std::string& bytes, std::string_view field) {
  bytes += fmt::format("{}\n", field.size());
  bytes += field;
  bytes += '\n';
}

// Takes fields off the front; `ok` turns false at the first that is not whole.
struct FieldReader {
  std::string_view rest;
  bool ok = true;

  std::string next() {
    const std::size_t newline = rest.find('\n');
    const auto size = parse_integer(rest.substr(0, newline));
    ok = ok && newline != std::string_view::npos && size && *size >= 0 &&
         static_cast<std::size_t>(*size) < rest.size() - newline - 1;
    if (!ok) return {};
    std::string field(rest.substr(newline + 1, static_cast<std::size_t>(*size)));
    rest.remove_prefix(newline + 1 + field.size() + 1);
    return field;
  }
};

}  // namespace

std::string encode_result(const CompileResult& result) {
  std::string bytes(kFormat);
  put(bytes, result.nvrtc_version);
  put(bytes, fmt::format("{}", result.compile_ms));
  put(bytes, result.log);
  put(bytes, result.code);
  put(bytes, fmt::format("{}", result.names.size()));
  for (const auto& [expression, name] : result.names) {
    put(bytes, expression);
    put(bytes, name);
  }
  return bytes + sha256_hex(bytes);
}

std::optional<CompileResult> decode_result(std::string_view bytes) {
  if (!bytes.starts_with(kFormat) || bytes.size() < kFormat.size() + kDigestSize) {
    return std::nullopt;
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kDigestSize);
  if (sha256_hex(body) != bytes.substr(body.size())) return std::nullopt;
  FieldReader reader{body.substr(kFormat.size())};
  CompileResult result;
  result.succeeded = true;
  result.nvrtc_version = reader.next();
  result.compile_ms = parse_double(reader.next()).value_or(0);
  result.log = reader.next();
  result.code = reader.next();
  const auto count = parse_integer(reader.next()).value_or(0);
  for (std::int64_t i = 0; reader.ok && i < count; ++i) {
    std::string expression = reader.next();
    result.names[std::move(expression)] = reader.next();
  }
  result.from_cache = true;
  return reader.ok ? std::optional(std::move(result)) : std::nullopt;
}

fs::path KernelCache::folder_of(const std::string& key) const {
  return folder_ / key.substr(0, 2);
}

std::optional<CompileResult> KernelCache::find(const std::string& key) const {
  const fs::path path = folder_of(key) / key;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  return decode_result(read_file(path));
}

void KernelCache::store(const std::string& key, const CompileResult& result) const {
  write_file_atomically(folder_of(key) / key, encode_result(result));
}

FileLock KernelCache::lock(const std::string& key) const {
  return FileLock(folder_of(key) / "lock");
}

}  // namespace fitest
