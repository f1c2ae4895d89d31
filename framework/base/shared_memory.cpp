// SPDX-License-Identifier: Apache-2.0
#include "base/shared_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace fitest {
namespace {

[[noreturn]] void give_up(const char* what, std::size_t size_bytes) {
  fail(ErrorKind::Environment, fmt::format("cannot {} shared memory of {} bytes: {}", what,
                                           size_bytes, std::generic_category().message(errno)));
}

Descriptor make_memory() {
  Descriptor descriptor(::memfd_create("fitest", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!descriptor) give_up("create", 0);
  return descriptor;
}

}  // namespace

SharedMemory SharedMemory::of_size(std::size_t size_bytes) {
  SharedMemory memory(make_memory());
  const int fd = memory.descriptor();
  if (::ftruncate(fd, static_cast<off_t>(size_bytes)) != 0) give_up("reserve", size_bytes);
  if (::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) give_up("seal", size_bytes);
  memory.map(size_bytes);
  return memory;
}

SharedMemory SharedMemory::to_be_filled() {
  return SharedMemory(make_memory());
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)) {}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_bytes_);
}

void SharedMemory::map(std::size_t size_bytes) {
  if (size_bytes == 0) return;
  void* address = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor(), 0);
  if (address == MAP_FAILED) give_up("map", size_bytes);
  data_ = static_cast<std::byte*>(address);
  size_bytes_ = size_bytes;
}

std::span<const std::byte> SharedMemory::map_filled() {
  struct stat status {};
  if (::fcntl(descriptor(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) give_up("seal", 0);
  if (::fstat(descriptor(), &status) != 0) give_up("ask the size of", 0);
  if (data_ == nullptr) map(static_cast<std::size_t>(status.st_size));
  return bytes();
}

}  // namespace fitest
