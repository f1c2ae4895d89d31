// SPDX-License-Identifier: Apache-2.0
#include "cuda/event_timer.h"

#include <algorithm>
#include <array>

#include "cuda/flush_kernel.h"

namespace fitest::cuda {
namespace {

// Enough threads to fill every GPU there is.
constexpr std::uint32_t kFlushBlocks = 1024;
constexpr std::uint32_t kFlushThreads = 256;

}  // namespace

EventTimer::EventTimer(CudaContext& context, CudaStreamHandle stream, std::size_t l2_bytes)
    : context_(context),
      stream_(stream),
      flushed_(make_memory(context, std::max<std::size_t>(2 * l2_bytes, 4))),
      flushed_words_(std::max<std::size_t>(2 * l2_bytes, 4) / 4),
      begin_(make_event(context)),
      end_(make_event(context)) {
  std::optional<Fault> fault;
  flush_ = CudaModule::load(context, {Image::Kind::Ptx, kFlushKernel, "compute_70"}, fault);
  context_.require(context_.api().fill_words(flushed_.get(), 0, flushed_words_, stream_),
                   "clearing memory for flushing the L2 cache");
}

void EventTimer::flush() {
  const DriverApi& api = context_.api();
  CudaResult result = CudaResult::Success;
  if (flush_ == nullptr) {
    result = api.fill_words(flushed_.get(), 0, flushed_words_, stream_);
  } else {
    CudaAddress base = flushed_.get();
    std::uint64_t quads = flushed_words_ / 4;
    std::array<void*, 2> parameters{&base, &quads};
    LaunchConfig config;
    config.grid_x = kFlushBlocks;
    config.block_x = kFlushThreads;
    config.stream = stream_;
    result = api.launch(&config, flush_->function("flush_l2"), parameters.data(), nullptr);
  }
  context_.require(result, "flushing the L2 cache");
}

void EventTimer::begin() {
  const DriverApi& api = context_.api();
  const CudaResult reset = api.context_reset_persisting_l2();
  if (reset != CudaResult::NotSupported) context_.require(reset, "resetting the persisting L2");
  flush();
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
