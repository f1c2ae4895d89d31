// SPDX-License-Identifier: Apache-2.0
// A file read at offsets, so that one small tensor of a huge file is cheap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace fitest {

class RandomAccessFile {
 public:
  // Error (Environment) where the path cannot be read or is no regular file.
  explicit RandomAccessFile(std::filesystem::path path);
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;
  ~RandomAccessFile();
  std::uint64_t size() const noexcept { return size_; }
  // Fills `out` from the offset on; several threads may read at once.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  [[noreturn]] void fail_to_read(int code) const;
  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace fitest
