// SPDX-License-Identifier: Apache-2.0
// Compiled kernels on disk, one file each under cache_directory()/kernels.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file_lock.h"
#include "compile/compiler.h"

namespace fitest {

// The whole result as bytes that end in their own SHA-256, and back; nothing when the bytes are
// truncated, altered or of another format.
std::string encode_result(const CompileResult& result);
std::optional<CompileResult> decode_result(std::string_view bytes);

class KernelCache {
 public:
  explicit KernelCache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // What an earlier compile stored; an entry that is damaged counts as absent.
  std::optional<CompileResult> find(const std::string& key) const;
  void store(const std::string& key, const CompileResult& result) const;
  // Held while a key is compiled, so that two processes do not do the same work twice.
  FileLock lock(const std::string& key) const;

 private:
  std::filesystem::path folder_of(const std::string& key) const;
  std::filesystem::path folder_;
};

}  // namespace fitest
