// SPDX-License-Identifier: Apache-2.0
// Video instructions. GPUs since Kepler compute nearly all of them by several instructions, so
// these are not made for speed: the form is looked at for every lane.
#include "ptx/exec.h"
#include "ptx/lanes.h"
#include "ptx/video.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

template <class Form, auto F>
Step apply_form(Warp& warp, const Op& op) {
  const Form form = std::bit_cast<Form>(op.imm);
  const Source<std::uint32_t> a(warp, op.a);
  const Source<std::uint32_t> b(warp, op.b);
  const Source<std::uint32_t> c(warp, op.c);
  write_lanes<std::uint32_t>(warp, op.d, [&](int i) { return F(form, a[i], b[i], c[i]); });
  return Step::Next;
}

constexpr HandlerEntry kEntries[] = {
    {"$video", &apply_form<VideoForm, &video>, "wwww"},
    {"$vmad", &apply_form<VideoForm, &video_multiply_add>, "wwww"},
    {"$video2", &apply_form<VideoVectorForm, &video_vector<2>>, "wwww"},
    {"$video4", &apply_form<VideoVectorForm, &video_vector<4>>, "wwww"},
};

}  // namespace

std::span<const HandlerEntry> video_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
