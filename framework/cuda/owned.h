// SPDX-License-Identifier: Apache-2.0
// Exactly one owner for each handle of the CUDA driver.
#pragma once

#include <utility>

#include "cuda/cuda_context.h"
#include "cuda/driver_api.h"

namespace fitest::cuda {

// Calls `Destroy`, a member of DriverApi, at the end of its life, unless the context is lost by
// then: after a fault or with a kernel that never ends, every driver call may fail or block.
template <class Handle, auto Destroy>
class Owned {
 public:
  Owned() = default;
  Owned(const CudaContext& context, Handle handle) noexcept : context_(&context), handle_(handle) {}
  Owned(Owned&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)),
        handle_(std::exchange(other.handle_, Handle{})) {}
  Owned& operator=(Owned&& other) noexcept {
    Owned taken(std::move(other));
    std::swap(context_, taken.context_);
    std::swap(handle_, taken.handle_);
    return *this;
  }
  ~Owned() {
    if (context_ != nullptr && !context_->lost()) (context_->api().*Destroy)(handle_);
  }
  Handle get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return context_ != nullptr; }

 private:
  const CudaContext* context_ = nullptr;
  Handle handle_{};
};

using OwnedMemory = Owned<CudaAddress, &DriverApi::memory_free>;
using OwnedModule = Owned<CudaModuleHandle, &DriverApi::module_unload>;
using OwnedStream = Owned<CudaStreamHandle, &DriverApi::stream_destroy>;
using OwnedEvent = Owned<CudaEventHandle, &DriverApi::event_destroy>;

// Error (Environment) when the driver refuses.
OwnedMemory make_memory(CudaContext& context, std::size_t size_bytes);
OwnedStream make_stream(CudaContext& context);
OwnedEvent make_event(CudaContext& context);

}  // namespace fitest::cuda
