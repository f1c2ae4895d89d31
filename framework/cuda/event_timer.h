// SPDX-License-Identifier: Apache-2.0
// Time between two moments of a stream, from a cold L2 cache.
#pragma once

#include "cuda/owned.h"

namespace fitest::cuda {

class EventTimer {
 public:
  // Reserves twice the L2 cache. Error (Environment) when the driver refuses.
  EventTimer(CudaContext& context, CudaStreamHandle stream, std::size_t l2_bytes);

  // Queues a fill of twice the L2 cache, then the begin event. The fill also keeps the GPU busy
  // while the host queues the launches, so that their way through the driver is not timed.
  void begin();
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
  OwnedMemory flushed_;
  std::size_t flushed_words_ = 0;
  OwnedEvent begin_;
  OwnedEvent end_;
  bool ended_ = false;
};

}  // namespace fitest::cuda
