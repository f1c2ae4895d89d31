// SPDX-License-Identifier: Apache-2.0
// Memory that another process maps too, by its descriptor; no file system knows it.
#pragma once

#include <cstddef>
#include <span>

#include "base/descriptor.h"

namespace fitest {

class SharedMemory {
 public:
  // Zero at first, mapped, and never resized. Error (Environment) when memory is not to be had.
  static SharedMemory of_size(std::size_t size_bytes);
  // Empty: whoever gets the descriptor resizes it and fills it, then map_filled() shows it here.
  static SharedMemory to_be_filled();
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  int descriptor() const noexcept { return descriptor_.get(); }
  std::span<std::byte> bytes() noexcept { return {data_, size_bytes_}; }
  // What it holds now; from here on nobody can make it smaller under this process.
  std::span<const std::byte> map_filled();

 private:
  explicit SharedMemory(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  void map(std::size_t size_bytes);

  Descriptor descriptor_;
  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace fitest
