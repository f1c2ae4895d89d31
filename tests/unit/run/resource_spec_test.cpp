// SPDX-License-Identifier: Apache-2.0
#include "run/resource_spec.h"

#include <gtest/gtest.h>

#include "document/document.h"

namespace fitest {
namespace {

TEST(ResourceSpec, NamesEachGpuByItsUuidWithSlotsAndMemory) {
  cuda::VisibleDevice first;
  first.uuid = "GPU-0123abcd-00ff";
  first.memory_bytes = (std::size_t{80} << 30) + 5;
  cuda::VisibleDevice second;
  second.uuid = "GPU-ABCD";
  second.memory_bytes = std::size_t{24} << 30;
  Diagnostics diagnostics;
  const Value expected = read_json(make_source("expected", R"({
    "version": {"major": 1, "minor": 0},
    "local": [{"gpus": [{"id": "gpu_0123abcd_00ff", "slots": 100}, {"id": "gpu_abcd", "slots": 100}],
               "gpu_memory": [{"id": "gpu_0123abcd_00ff", "slots": 81920},
                              {"id": "gpu_abcd", "slots": 24576}]}]})"),
                                   diagnostics);
  const Value spec = read_json(make_source("spec", resource_spec({first, second})), diagnostics);
  EXPECT_TRUE(diagnostics.ok()) << diagnostics.render_all();
  EXPECT_EQ(spec, expected);
}

TEST(ResourceSpec, IsEmptyWithoutAGpu) {
  EXPECT_EQ(resource_spec({}), "");
}

}  // namespace
}  // namespace fitest
