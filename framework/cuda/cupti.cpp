// SPDX-License-Identifier: Apache-2.0
#include "cuda/cupti.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

namespace fitest::cuda {
namespace {

constexpr int kConcurrentKernel = 10;  // CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL
constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
constexpr std::size_t kBufferAlignment = 8;  // ACTIVITY_RECORD_ALIGNMENT

// Where CUpti_ActivityKernel keeps its times, in every version since 3 (CUDA 7).
constexpr std::size_t kBeginOffset = 16;
constexpr std::size_t kEndOffset = 24;

// CUPTI's callbacks carry no data of the caller; they may come from a thread of CUPTI's.
struct Collected {
  std::mutex mutex;
  const CuptiApi* api = nullptr;
  std::vector<KernelRecord> records;
};

// Never destroyed: CUPTI may deliver while the process ends.
Collected& collected() {
  static Collected* const instance = std::make_unique<Collected>().release();
  return *instance;
}

void request_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* max_records) {
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kBufferAlignment, kBufferBytes));
  *size = *buffer == nullptr ? 0 : kBufferBytes;
  *max_records = 0;  // as many as fit
}

constexpr CuptiApi::BufferComplete kTakeBuffer = [](void*, std::uint32_t, std::uint8_t* buffer,
                                                    std::size_t, std::size_t valid_size) {
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> owned(buffer, &std::free);
  Collected& all = collected();
  const std::lock_guard lock(all.mutex);
  if (all.api == nullptr) return;
  void* record = nullptr;
  while (valid_size > 0 && all.api->next_record(buffer, valid_size, &record) == 0) {
    const auto* bytes = static_cast<const std::byte*>(record);
    int kind = 0;
    KernelRecord kernel;
    std::memcpy(&kind, bytes, sizeof kind);
    if (kind != kConcurrentKernel) continue;
    std::memcpy(&kernel.begin_ns, bytes + kBeginOffset, sizeof kernel.begin_ns);
    std::memcpy(&kernel.end_ns, bytes + kEndOffset, sizeof kernel.end_ns);
    all.records.push_back(kernel);
  }
};

std::string words_of(const CuptiApi& api, int result) {
  const char* text = nullptr;
  if (api.result_string != nullptr) api.result_string(result, &text);
  return fmt::format("{} ({})", text == nullptr ? "error" : text, result);
}

std::vector<std::string> candidates() {
  std::vector<std::string> list = {"libcupti.so.13", "libcupti.so.12"};
  std::vector<std::string> roots;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* root = std::getenv(variable)) roots.emplace_back(root);
  }
  roots.emplace_back("/usr/local/cuda");
  for (const std::string& root : roots) {
    for (const char* folder : {"/extras/CUPTI/lib64", "/lib64"}) {
      list.push_back(root + folder + "/libcupti.so");
    }
  }
  return list;
}

}  // namespace

Cupti open_cupti(const std::vector<std::string>& candidates) {
  Cupti cupti;
  cupti.library = DynamicLibrary::open(candidates, &cupti.problem);
  if (!cupti.library) {
    cupti.problem = fmt::format("no CUPTI: {}", cupti.problem);
    return cupti;
  }
  cupti.problem.clear();
  const DynamicLibrary& library = *cupti.library;
  const auto find = [&]<class Function>(Function*& member, const char* symbol) {
    member = library.find<Function>(symbol);
    if (member == nullptr) cupti.problem = fmt::format("{} lacks {}", library.path(), symbol);
  };
  find(cupti.api.register_callbacks, "cuptiActivityRegisterCallbacks");
  find(cupti.api.enable, "cuptiActivityEnable");
  find(cupti.api.flush_all, "cuptiActivityFlushAll");
  find(cupti.api.next_record, "cuptiActivityGetNextRecord");
  find(cupti.api.result_string, "cuptiGetResultString");
  return cupti;
}

const Cupti& installed_cupti() {
  static const Cupti* const cupti =
      std::make_unique<const Cupti>(open_cupti(candidates())).release();
  return *cupti;
}

KernelRecorder::KernelRecorder(const CuptiApi& api) : api_(api) {
  Collected& all = collected();
  {
    const std::lock_guard lock(all.mutex);
    all.api = &api_;
    all.records.clear();
  }
  int result = api_.register_callbacks(request_buffer, kTakeBuffer);
  if (result == 0) result = api_.enable(kConcurrentKernel);
  if (result != 0) problem_ = fmt::format("CUPTI records no kernels: {}", words_of(api_, result));
}

KernelRecorder::~KernelRecorder() {
  const std::lock_guard lock(collected().mutex);
  collected().api = nullptr;
}

std::vector<KernelRecord> KernelRecorder::take() {
  if (!problem_.empty()) return {};
  api_.flush_all(0);
  Collected& all = collected();
  std::vector<KernelRecord> records;
  {
    const std::lock_guard lock(all.mutex);
    records.swap(all.records);
  }
  std::sort(records.begin(), records.end(),
            [](const KernelRecord& left, const KernelRecord& right) {
              return left.begin_ns < right.begin_ns;
            });
  return records;
}

std::optional<double> span_of_last(const std::vector<KernelRecord>& records, std::size_t count) {
  if (count == 0 || records.size() < count) return std::nullopt;
  const auto first = records.end() - static_cast<std::ptrdiff_t>(count);
  std::uint64_t end = 0;
  for (auto record = first; record != records.end(); ++record) end = std::max(end, record->end_ns);
  return static_cast<double>(end - first->begin_ns) * 1e-6;
}

}  // namespace fitest::cuda
