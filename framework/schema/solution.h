// SPDX-License-Identifier: Apache-2.0
// Solution: a kernel (https://bench.flashinfer.ai/docs/flashinfer_trace/solution) and, for
// `binding: nvrtc`, its launch plan (DESIGN §3).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/dtype.h"
#include "schema/definition.h"

namespace fitest {

struct SolutionSource {
  std::string path;
  std::string content;
};

// Text of an expression and where it stands, for messages.
struct PlanExpression {
  std::string text;
  SourcePtr source;
  SourceRange range;
};

struct WorkspaceSpec {
  std::string name;
  std::vector<PlanExpression> shape;
  DType dtype = DType::Float32;
  std::string fill = "none";  // "none" or "zero"
};

// A tensor map for Hopper's copy engine: {tensor_map: A, box: [64, 64], swizzle: 128B}. Extents are
// in elements, in the order of the tensor's shape: outermost first. Passed by value, to a parameter
// `const __grid_constant__ CUtensorMap`.
struct TensorMapSpec {
  PlanExpression tensor;               // name of an input, output or workspace
  std::vector<PlanExpression> box;     // what one copy moves; each 1 to 256
  std::vector<PlanExpression> shape;   // another view of the tensor, of 1 to 5 dimensions
  std::vector<PlanExpression> stride;  // of all dimensions but the last; dense if not given
  std::vector<PlanExpression> step;    // between elements; 1 if not given
  // Index into the words below.
  int interleave = 0;
  int swizzle = 0;
  int l2_promotion = 0;
  int fill = 0;  // of what lies outside the tensor
};
// In the order of the driver's enumerations (CUDA Driver API, cuTensorMapEncodeTiled).
inline constexpr std::array<const char*, 3> kInterleaveWords{"none", "16B", "32B"};
inline constexpr std::array<const char*, 4> kSwizzleWords{"none", "32B", "64B", "128B"};
inline constexpr std::array<const char*, 4> kL2PromotionWords{"none", "64B", "128B", "256B"};
inline constexpr std::array<const char*, 2> kTensorMapFillWords{"zero", "nan"};

// One kernel argument: a tensor, scalar or workspace by name, an expression cast to a dtype, or a
// tensor map.
struct ArgumentSpec {
  std::string name;           // set for a name
  std::optional<DType> cast;  // set for {int32: expression}
  PlanExpression expression;
  std::optional<TensorMapSpec> tensor_map = std::nullopt;
};

struct KernelSpec {
  PlanExpression name;  // NVRTC name expression; {expr} inside is replaced by its value
  std::vector<PlanExpression> grid;   // 1 to 3
  std::vector<PlanExpression> block;  // 1 to 3
  std::vector<PlanExpression> cluster;
  std::optional<PlanExpression> shared_memory;
  std::optional<std::vector<ArgumentSpec>> arguments;  // absent: inputs then outputs
  bool cooperative = false;                            // a grid that waits for itself
  SourceRange range;
};

struct LaunchPlan {
  std::vector<std::pair<std::string, PlanExpression>> let;
  std::vector<std::pair<std::string, PlanExpression>> defines;
  std::vector<WorkspaceSpec> workspace;
  std::vector<KernelSpec> kernels;
};

struct Solution {
  std::string name;
  std::string definition;
  std::string author;
  std::string description;
  std::string language;
  std::string binding;  // empty: none given
  std::string entry_file;
  std::string entry_symbol;
  std::vector<std::string> target_hardware;
  std::vector<std::string> dependencies;
  std::vector<std::string> compile_options;
  bool destination_passing_style = true;
  std::vector<SolutionSource> sources;
  std::optional<LaunchPlan> launch;
  Value document;
  SourcePtr source;
};

// Reads a Solution. Sources without content are files beside the document, in `folder`.
std::optional<Solution> read_solution(const Value& document, const std::string& folder,
                                      Diagnostics& diagnostics);

}  // namespace fitest
