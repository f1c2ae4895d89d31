// SPDX-License-Identifier: Apache-2.0
#include "run/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tensor/safetensors.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Inputs x[n] and the scalar factor; the workload's text is its own document.
class MakeInputs : public testing::Test {
 protected:
  MakeInputs() {
    definition_.name = "scale";
    definition_.axes = {{.name = "n"}};
    definition_.inputs = {{.name = "x", .shape = {{"n"}}, .dtype = DType::Float32},
                          {.name = "factor", .shape = std::nullopt, .dtype = DType::Float32}};
    definition_.source = make_source("scale.yaml", "n > 3");
    workload_.definition = "scale";
    workload_.uuid = "11111111-2222";
    workload_.axes = {{"n", 8}};
    workload_.source = make_source("workloads.yaml", "- uuid: 11111111-2222");
    InputSpec factor;
    factor.name = "factor";
    factor.kind = InputKind::Scalar;
    factor.scalar = 0.1;
    workload_.inputs = {factor};
    root_ = fs::temp_directory_path() / ("fitest-inputs-" + std::to_string(::getpid()));
    fs::create_directories(root_);
  }
  ~MakeInputs() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  InputRequest request(std::uint64_t seed = 0, std::uint64_t trial = 0) const {
    return {definition_, workload_, root_, seed, trial};
  }
  std::string error() const {
    try {
      check_constraints(request(), make_inputs(request()));
    } catch (const Error& failure) {
      return failure.what();
    }
    return "no error";
  }
  InputSpec& add_input(const std::string& name, InputKind kind) {
    InputSpec input;
    input.name = name;
    input.kind = kind;
    workload_.inputs.push_back(input);
    return workload_.inputs.back();
  }

  Definition definition_;
  Workload workload_;
  fs::path root_;
};

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.size_bytes() == b.size_bytes() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST_F(MakeInputs, FollowTheDefinitionsOrderAndShapes) {
  const auto inputs = make_inputs(request());
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].name, "x");
  EXPECT_EQ(inputs[0].tensor.shape(), Shape{8});
  EXPECT_TRUE(inputs[1].is_scalar);
}

TEST_F(MakeInputs, AreTheSameForTheSameSeedAndOthersForAnotherSeedOrTrial) {
  const Tensor first = make_inputs(request(1)).front().tensor;
  EXPECT_TRUE(same_bytes(first, make_inputs(request(1)).front().tensor));
  EXPECT_FALSE(same_bytes(first, make_inputs(request(2)).front().tensor));
  EXPECT_FALSE(same_bytes(first, make_inputs(request(1, 1)).front().tensor));
}

TEST_F(MakeInputs, KeepAScalarUnroundedForTheReference) {
  const NamedTensor factor = make_inputs(request()).back();
  EXPECT_EQ(factor.scalar_value, 0.1);
  EXPECT_EQ(factor.tensor.as<float>()[0], 0.1f);
}

TEST_F(MakeInputs, ReadABlobOfTheRightShape) {
  Tensor blob(DType::Float32, {8});
  blob.as<float>()[7] = 42;
  write_safetensors(root_ / "blob" / "x.safetensors", {{"values", blob}});
  InputSpec& input = add_input("x", InputKind::Safetensors);
  input.path = "./blob/x.safetensors";
  input.tensor_key = "values";
  EXPECT_EQ(make_inputs(request()).front().tensor.as<float>()[7], 42.0f);
}

TEST_F(MakeInputs, NameABlobOfTheWrongShape) {
  write_safetensors(root_ / "x.safetensors", {{"values", Tensor(DType::Float32, {7})}});
  InputSpec& input = add_input("x", InputKind::Safetensors);
  input.path = "x.safetensors";
  input.tensor_key = "values";
  EXPECT_THAT(error(),
              HasSubstr("'values' is float32 [7], the definition and axes say float32 [8]"));
}

TEST_F(MakeInputs, SayThatABlobIsMissing) {
  InputSpec& input = add_input("x", InputKind::Safetensors);
  input.path = "blob/nowhere.safetensors";
  EXPECT_THAT(error(), HasSubstr("nowhere.safetensors is missing: fetch the dataset's blobs"));
}

TEST_F(MakeInputs, RefuseABlobOutsideTheDataset) {
  InputSpec& input = add_input("x", InputKind::Safetensors);
  input.path = "../../etc/passwd";
  EXPECT_THAT(error(), HasSubstr("workloads.yaml:1:1: error: input 'x' of workload 11111111-2222"));
}

TEST_F(MakeInputs, DescriptionTellsSeedsTrialsAndAxesApart) {
  const std::string first = describe_inputs(request(1));
  EXPECT_EQ(first, describe_inputs(request(1)));
  EXPECT_NE(first, describe_inputs(request(2)));
  EXPECT_NE(first, describe_inputs(request(1, 1)));
  workload_.axes["n"] = 9;
  EXPECT_NE(first, describe_inputs(request(1)));
}

TEST_F(MakeInputs, ABrokenConstraintIsNamedWithItsValues) {
  definition_.constraints = {{"n > 3", {0, 5}}};
  EXPECT_EQ(error(), "no error");
  workload_.axes["n"] = 3;
  EXPECT_THAT(error(), HasSubstr("breaks the constraint \"n > 3\" of scale: n = 3"));
}

}  // namespace
}  // namespace fitest
