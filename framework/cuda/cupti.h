// SPDX-License-Identifier: Apache-2.0
// CUPTI's activity records: when kernels ran, by the GPU's own clock (CUPTI documentation, "CUPTI
// Activity API"). Opened at run time like the driver; fitest builds without cupti.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/dynamic_library.h"

namespace fitest::cuda {

// The C functions, which return 0 (CUPTI_SUCCESS) or a CUptiResult.
struct CuptiApi {
  using RequestBuffer = void (*)(std::uint8_t** buffer, std::size_t* size,
                                 std::size_t* max_records);
  using BufferComplete = void (*)(void* context, std::uint32_t stream, std::uint8_t* buffer,
                                  std::size_t size, std::size_t valid_size);
  int (*register_callbacks)(RequestBuffer, BufferComplete) = nullptr;
  int (*enable)(int kind) = nullptr;
  int (*flush_all)(std::uint32_t flags) = nullptr;
  int (*next_record)(std::uint8_t* buffer, std::size_t valid_size, void** record) = nullptr;
  int (*result_string)(int result, const char** text) = nullptr;
};

struct Cupti {
  std::optional<DynamicLibrary> library;
  CuptiApi api;
  std::string problem;  // why it cannot be used; empty: it can
  bool usable() const { return problem.empty(); }
};

Cupti open_cupti(const std::vector<std::string>& candidates);
// Of the CUDA toolkit of this machine, opened at the first call and never closed.
const Cupti& installed_cupti();

struct KernelRecord {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};

// Takes the records of this process's kernels while it lives; one at a time. Best made before the
// context. CUPTI goes on when it ends: stopping it would touch a context that may be lost.
class KernelRecorder {
 public:
  explicit KernelRecorder(const CuptiApi& api);
  KernelRecorder(const KernelRecorder&) = delete;
  KernelRecorder& operator=(const KernelRecorder&) = delete;
  ~KernelRecorder();
  // Why nothing is recorded (another profiler is attached, …); empty: all is well.
  const std::string& problem() const noexcept { return problem_; }
  // Kernels that have ended since the last call, in the order in which they began.
  std::vector<KernelRecord> take();

 private:
  const CuptiApi& api_;
  std::string problem_;
};

// Milliseconds from the first begin to the last end of the last `count` records; nothing where
// there are fewer.
std::optional<double> span_of_last(const std::vector<KernelRecord>& records, std::size_t count);

}  // namespace fitest::cuda
