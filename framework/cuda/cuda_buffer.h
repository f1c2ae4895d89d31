// SPDX-License-Identifier: Apache-2.0
// Device memory between two guard zones.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "cuda/guards.h"
#include "cuda/owned.h"
#include "device/device.h"

namespace fitest::cuda {

class CudaBuffer : public Buffer {
 public:
  // Error (Environment) when memory is not to be had. The zones hold what the allocation held.
  CudaBuffer(CudaContext& context, BufferSpec spec, bool guarded)
      : Buffer(std::move(spec)),
        zone_bytes_(guarded ? kGuardBytes : 0),
        memory_(make_memory(context,
                            std::max<std::size_t>(this->spec().size_bytes + 2 * zone_bytes_, 1))) {}

  bool guarded() const noexcept { return zone_bytes_ > 0; }
  std::uint64_t address() const override { return memory_.get() + zone_bytes_; }
  CudaAddress front_guard() const { return memory_.get(); }
  CudaAddress back_guard() const { return address() + spec().size_bytes; }

  bool poisoned() const noexcept { return poisoned_; }
  void set_poisoned(bool poisoned) noexcept { poisoned_ = poisoned; }
  // Of an input, as it was uploaded; empty before.
  const std::vector<std::uint64_t>& checksums() const noexcept { return checksums_; }
  void set_checksums(std::vector<std::uint64_t> sums) { checksums_ = std::move(sums); }

 private:
  std::size_t zone_bytes_;
  OwnedMemory memory_;
  bool poisoned_ = false;  // since the last upload
  std::vector<std::uint64_t> checksums_;
};

}  // namespace fitest::cuda
