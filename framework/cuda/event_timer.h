// SPDX-License-Identifier: Apache-2.0
// Time between two moments of a stream, from a cold L2 cache.
#pragma once

#include <memory>

#include "cuda/cuda_module.h"
#include "cuda/owned.h"

namespace fitest::cuda {

class EventTimer {
 public:
  // Reserves twice the L2 cache. Error (Environment) when the driver refuses.
  EventTimer(CudaContext& context, CudaStreamHandle stream, std::size_t l2_bytes);

  // Queues a read of twice the L2 cache, then the begin event. Reading also keeps the GPU busy
  // while the host queues the launches, so that their way through the driver is not timed. A driver
  // that cannot compile the kernel for it fills instead.
  void begin();
  // The flush leaves nothing behind that the timed kernel has to write back.
  bool flushes_by_reading() const noexcept { return flush_ != nullptr; }
  // Queues the end event, at most once after each begin() or resume(). A refusal shows when the
  // stream is waited for, with the fault that caused it.
  void end() noexcept;
  // More was queued: the time ends after that.
  void resume() noexcept { ended_ = false; }
  // Once the stream is idle.
  double elapsed_milliseconds();

 private:
  CudaContext& context_;
  CudaStreamHandle stream_;
  void flush();

  OwnedMemory flushed_;
  std::size_t flushed_words_ = 0;
  std::unique_ptr<CudaModule> flush_;
  OwnedEvent begin_;
  OwnedEvent end_;
  bool ended_ = false;
};

}  // namespace fitest::cuda
