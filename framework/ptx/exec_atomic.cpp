// SPDX-License-Identifier: Apache-2.0
#include "ptx/exec_atomic.h"

#include <array>
#include <atomic>
#include <unordered_map>

#include "ptx/half.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"
#include "ptx/profile.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

// Only this thread touches shared memory; everything else may be another one's as well.
template <class W, auto F>
W update(std::uint8_t* place, W b, W c, bool shared) {
  if (shared) {
    W old;
    std::memcpy(&old, place, sizeof old);
    const W desired = F(old, b, c);
    std::memcpy(place, &desired, sizeof desired);
    return old;
  }
  const std::atomic_ref<W> word(*reinterpret_cast<W*>(place));
  W old = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(old, F(old, b, c), std::memory_order_seq_cst)) {
  }
  return old;
}

template <class W, auto F>
Step atomic(Warp& warp, const Op& op) {
  std::array<std::uint64_t, kLanes> address{};
  std::array<std::uint8_t*, kLanes> place{};
  for_each_lane(warp.mask, [&](int lane) { address[lane] = lane_address(warp, op, lane); });
  if (!locate_lanes(warp, op, address.data(), place.data())) return Step::Fault;
  if (warp.races != nullptr) note_access(warp, op);
  if (warp.profile != nullptr) {
    warp.profile->access({address.data(), warp.mask, op.bytes}, kOpReads | kOpWrites);
  }
  const std::uint32_t* results = warp.lists + op.list;
  const std::uint32_t* operands = results + op.count;
  W seen{};
  for_each_lane(warp.mask, [&](int lane) {
    const bool shared = slot_of(address[lane]) == slot_of(kSharedWindow);
    for (std::size_t j = 0; j < op.count; ++j) {
      const W b = Source<W>(warp, operands[j])[lane];
      const W c = op.c == kNoRef ? W{} : Source<W>(warp, op.c)[lane];
      const W old = update<W, F>(place[lane] + j * sizeof(W), b, c, shared);
      if (results[j] == kNoRef) continue;
      reinterpret_cast<Cell<W>*>(row_of(warp, results[j]))[lane] = old;
      seen = old;
    }
  });
  return results[0] == kNoRef ? Step::Next : note_poll(warp, seen);
}

}  // namespace

const AtomicForm* find_atomic(std::string_view form) {
  static const std::unordered_map<std::string_view, AtomicForm> forms = {
#define FITEST_PTX_ATOMIC(form, W, ...)                                                        \
  {form,                                                                                       \
   {&atomic<W, []([[maybe_unused]] W a, W b, W) -> W { return static_cast<W>(__VA_ARGS__); }>, \
    sizeof(W), false}},
#define FITEST_PTX_ATOMIC_C(form, W, ...) \
  {form,                                  \
   {&atomic<W, [](W a, W b, W c) -> W { return static_cast<W>(__VA_ARGS__); }>, sizeof(W), true}},
#include "ptx/atomic.def"
#undef FITEST_PTX_ATOMIC
#undef FITEST_PTX_ATOMIC_C
  };
  const auto found = forms.find(form);
  return found == forms.end() ? nullptr : &found->second;
}

}  // namespace fitest::ptx
