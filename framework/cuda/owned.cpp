// SPDX-License-Identifier: Apache-2.0
#include "cuda/owned.h"

#include <fmt/format.h>

namespace fitest::cuda {

OwnedMemory make_memory(CudaContext& context, std::size_t size_bytes) {
  CudaAddress address = 0;
  const CudaResult result = context.api().memory_allocate(&address, size_bytes);
  if (result == CudaResult::OutOfMemory) {
    std::size_t available = 0;
    std::size_t total = 0;
    context.api().memory_info(&available, &total);
    context.require(result, fmt::format("allocating {} bytes on the GPU ({} of {} bytes are free)",
                                        size_bytes, available, total));
  }
  context.require(result, fmt::format("allocating {} bytes on the GPU", size_bytes));
  return {context, address};
}

OwnedStream make_stream(CudaContext& context) {
  CudaStreamHandle stream = nullptr;
  context.require(context.api().stream_create(&stream, kNonBlockingStream), "creating a stream");
  return {context, stream};
}

OwnedEvent make_event(CudaContext& context) {
  CudaEventHandle event = nullptr;
  context.require(context.api().event_create(&event, 0), "creating an event");
  return {context, event};
}

}  // namespace fitest::cuda
