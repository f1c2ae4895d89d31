// SPDX-License-Identifier: Apache-2.0
#include "cuda/event_timer.h"

#include <algorithm>

namespace fitest::cuda {

EventTimer::EventTimer(CudaContext& context, CudaStreamHandle stream, std::size_t l2_bytes)
    : context_(context),
      stream_(stream),
      flushed_(make_memory(context, std::max<std::size_t>(2 * l2_bytes, 4))),
      flushed_words_(std::max<std::size_t>(2 * l2_bytes, 4) / 4),
      begin_(make_event(context)),
      end_(make_event(context)) {}

void EventTimer::begin() {
  const DriverApi& api = context_.api();
  const CudaResult reset = api.context_reset_persisting_l2();
  if (reset != CudaResult::NotSupported) context_.require(reset, "resetting the persisting L2");
  context_.require(api.fill_words(flushed_.get(), 0, flushed_words_, stream_),
                   "flushing the L2 cache");
  context_.require(api.event_record(begin_.get(), stream_), "recording the begin event");
  ended_ = false;
}

void EventTimer::end() noexcept {
  if (!ended_) context_.api().event_record(end_.get(), stream_);
  ended_ = true;
}

double EventTimer::elapsed_milliseconds() {
  float milliseconds = 0;
  context_.require(context_.api().event_elapsed(&milliseconds, begin_.get(), end_.get()),
                   "reading the events");
  return milliseconds;
}

}  // namespace fitest::cuda
