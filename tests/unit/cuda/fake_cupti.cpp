// SPDX-License-Identifier: Apache-2.0
#include "cuda/fake_cupti.h"

#include <cstring>
#include <utility>
#include <vector>

namespace fitest::cuda {
namespace {

constexpr int kEnd = 12;  // CUPTI_ERROR_MAX_LIMIT_REACHED
constexpr int kConcurrentKernel = 10;

// The head of CUpti_ActivityKernel10.
struct Record {
  int kind = 0;
  unsigned char configuration[12] = {};
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};
static_assert(sizeof(Record) == 32);

struct State {
  CuptiApi::RequestBuffer request = nullptr;
  CuptiApi::BufferComplete complete = nullptr;
  int refusal = 0;
  std::vector<Record> waiting;
  std::size_t read = 0;
};
State state;

int flush(std::uint32_t) {
  std::uint8_t* buffer = nullptr;
  std::size_t size = 0;
  std::size_t most = 0;
  state.request(&buffer, &size, &most);
  const std::size_t bytes = state.waiting.size() * sizeof(Record);
  if (bytes != 0) std::memcpy(buffer, state.waiting.data(), bytes);
  state.waiting.clear();
  state.read = 0;
  state.complete(nullptr, 0, buffer, size, bytes);
  return 0;
}

int next(std::uint8_t* buffer, std::size_t valid_size, void** record) {
  if (state.read + sizeof(Record) > valid_size) return kEnd;
  *record = buffer + std::exchange(state.read, state.read + sizeof(Record));
  return 0;
}

}  // namespace

const CuptiApi& FakeCupti::api() {
  static const CuptiApi api{[](CuptiApi::RequestBuffer request, CuptiApi::BufferComplete complete) {
                              state.request = request;
                              state.complete = complete;
                              return 0;
                            },
                            [](int kind) { return kind == kConcurrentKernel ? state.refusal : 1; },
                            flush, next,
                            [](int, const char** text) {
                              *text = "CUPTI_ERROR_FAKE";
                              return 0;
                            }};
  return api;
}

void FakeCupti::reset() {
  state = {};
}

void FakeCupti::refuse_with(int result) {
  state.refusal = result;
}

void FakeCupti::add_record(int kind, std::uint64_t begin_ns, std::uint64_t end_ns) {
  Record record;
  record.kind = kind;
  record.begin_ns = begin_ns;
  record.end_ns = end_ns;
  state.waiting.push_back(record);
}

void FakeCupti::add_kernel(std::uint64_t begin_ns, std::uint64_t end_ns) {
  add_record(kConcurrentKernel, begin_ns, end_ns);
}

}  // namespace fitest::cuda
