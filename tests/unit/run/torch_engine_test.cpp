// SPDX-License-Identifier: Apache-2.0
// The torch engine against a stub of PyTorch (tests/support/torch_stub), and against PyTorch itself
// where that is installed.
#include "run/torch_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "run/reference.h"
#include "run/reference_timing.h"
#include "testing/temporary_folder.h"

namespace fitest {
namespace {

using fitest::testing::EnvironmentVariable;
using fitest::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kPlenty = 60;
const std::string kStub = FITEST_SOURCE_DIR "/tests/support/torch_stub";

NamedTensor vector_of(const std::string& name, std::vector<float> values) {
  Tensor tensor(DType::Float32, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.as<float>().begin());
  return {name, tensor};
}

// `run` has a parameter for each input, in this order.
Definition definition_of(const std::string& reference, const std::vector<std::string>& inputs) {
  Definition definition;
  definition.name = "d";
  definition.axes = {{.name = "n", .constant = std::nullopt, .description = ""}};
  definition.reference = reference;
  definition.reference_source = make_source("d.yaml: reference", reference);
  for (const std::string& input : inputs) {
    definition.inputs.push_back({.name = input, .shape = {{"n"}}, .dtype = DType::Float32});
  }
  definition.outputs = {{.name = "y", .shape = {{"n"}}, .dtype = DType::Float32}};
  return definition;
}

// The python3 of this machine, without what a version manager puts before it; empty: none.
std::string installed_python() {
  const SubprocessResult result =
      run_subprocess({"python3", "-c", "import sys; print(sys.executable)"}, kPlenty);
  return result.exit_code == 0 ? std::string(trim(result.output)) : "";
}

// A python that has no other PyTorch than the stub of `folder`, or none.
class Python {
 public:
  explicit Python(const std::string& stub, const std::string& exports = "")
      : path_((folder_.path() / "python").string()), chosen_("FITEST_PYTHON", path_) {
    const std::string path = stub.empty() ? "" : "PYTHONPATH='" + stub + "' ";
    write_file_atomically(path_, "#!/bin/sh\n" + exports + "\n" + path + "exec '" +
                                     installed_python() + "' -S \"$@\"\n");
    ::chmod(path_.c_str(), 0755);
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
  EnvironmentVariable chosen_;
};

class TorchEngines : public ::testing::Test {
 protected:
  void SetUp() override {
    if (installed_python().empty()) {
      GTEST_SKIP() << "no python3 to run the engine with a stub of PyTorch";
    }
  }
  TorchRun run(const Definition& definition, const std::vector<NamedTensor>& inputs,
               double seconds = kPlenty) {
    TorchEngine engine(host_, {}, seconds);
    return engine.run(definition, inputs);
  }
  // The error of a reference of x alone.
  Error error_of(const std::string& reference, double seconds = kPlenty) {
    try {
      run(definition_of(reference, {"x"}), {vector_of("x", {1, 2, 3})}, seconds);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorKind::Internal, "no error"};
  }

  // Python ends with the thread that started it.
  void start_here() { const TorchEngine engine(host_, {}, kPlenty); }

  TorchHost host_;
};

TEST_F(TorchEngines, PassesArgumentsByNameWhateverTheirOrder) {
  const Python python(kStub);
  const Definition definition =
      definition_of("def run(subtrahend, minuend):\n    return minuend - subtrahend\n",
                    {"minuend", "subtrahend"});
  const TorchRun result =
      run(definition, {vector_of("minuend", {5, 7}), vector_of("subtrahend", {1, 2})});
  ASSERT_EQ(result.outputs.size(), 1U);
  EXPECT_EQ(result.outputs[0].as<float>()[0], 4);
  EXPECT_EQ(result.outputs[0].as<float>()[1], 5);
}

TEST_F(TorchEngines, PassesArgumentsInOrderWhenTheNamesDiffer) {
  const Python python(kStub);
  const Definition definition =
      definition_of("def run(a, b):\n    return a - b\n", {"minuend", "subtrahend"});
  const TorchRun result =
      run(definition, {vector_of("minuend", {5}), vector_of("subtrahend", {1})});
  EXPECT_EQ(result.outputs.at(0).as<float>()[0], 4);
}

TEST_F(TorchEngines, ReturnsSeveralOutputsNumbersAndEmptyTensors) {
  const Python python(kStub);
  const TorchRun result =
      run(definition_of("import torch\n\ndef run(x):\n    return x, 7, 0.5, torch.empty([0, 3])\n",
                        {"x"}),
          {vector_of("x", {1, 2})});
  ASSERT_EQ(result.outputs.size(), 4U);
  EXPECT_EQ(result.outputs[0].as<float>()[1], 2);
  EXPECT_EQ(result.outputs[1].as<std::int64_t>()[0], 7);
  EXPECT_EQ(result.outputs[2].as<float>()[0], 0.5F);
  EXPECT_EQ(result.outputs[3].shape(), (Shape{0, 3}));
}

TEST_F(TorchEngines, OnePythonServesManyReferences) {
  const Python python(kStub);
  const Definition definition =
      definition_of("import os\n\ndef run(x):\n    return os.getpid()\n", {"x"});
  const auto pid = [&] {
    return run(definition, {vector_of("x", {1})}).outputs.at(0).as<std::int64_t>()[0];
  };
  const std::int64_t first = pid();
  EXPECT_EQ(pid(), first);
  EXPECT_EQ(pid(), first);
  EXPECT_EQ(host_.started(), 1);
}

TEST_F(TorchEngines, AReferenceCannotChangeTheInputsOfFitest) {
  const Python python(kStub);
  const std::vector<NamedTensor> inputs{vector_of("x", {1, 2})};
  run(definition_of("def run(x):\n    x.zero_()\n    return x\n", {"x"}), inputs);
  EXPECT_EQ(inputs[0].tensor.as<float>()[1], 2);
}

TEST_F(TorchEngines, AnExceptionNamesItsLineAndTheCallsThatLedThere) {
  const Python python(kStub);
  const Error error =
      error_of("def inner(x):\n    return x.reshape(2, 2)\n\n\ndef run(x):\n    return inner(x)\n");
  EXPECT_EQ(error.kind(), ErrorKind::Input);
  EXPECT_THAT(error.what(), HasSubstr("d.yaml: reference:2:5: error: RuntimeError: shape [2, 2]"));
  EXPECT_THAT(error.what(), HasSubstr("    return x.reshape(2, 2)"));
  EXPECT_THAT(error.what(), HasSubstr("in inner, called from d.yaml: reference:6"));
  EXPECT_EQ(host_.started(), 1);
}

TEST_F(TorchEngines, ASyntaxErrorNamesItsLine) {
  const Python python(kStub);
  EXPECT_THAT(error_of("def run(x):\n    return (\n").what(), HasSubstr("d.yaml: reference:2:"));
}

TEST_F(TorchEngines, AReferenceWithoutRunIsAnError) {
  const Python python(kStub);
  EXPECT_THAT(error_of("def walk(x):\n    return x\n").what(),
              HasSubstr("the reference defines no top-level function 'run'"));
}

TEST_F(TorchEngines, ACrashNamesItsLineAndTheNextReferenceHasANewPython) {
  const Python python(kStub);
  const Error error = error_of(
      "import os\nimport signal\n\n\ndef run(x):\n    os.kill(os.getpid(), signal.SIGSEGV)\n");
  EXPECT_EQ(error.kind(), ErrorKind::Environment);
  EXPECT_THAT(error.what(), HasSubstr("d.yaml: reference:6:5: error: the torch engine ended by "
                                      "signal 11"));
  const TorchRun next =
      run(definition_of("def run(x):\n    return x\n", {"x"}), {vector_of("x", {4})});
  EXPECT_EQ(next.outputs.at(0).as<float>()[0], 4);
  EXPECT_EQ(host_.started(), 2);
}

TEST_F(TorchEngines, AnExitIsACrash) {
  const Python python(kStub);
  EXPECT_THAT(error_of("import os\n\ndef run(x):\n    os._exit(3)\n").what(),
              HasSubstr("the torch engine ended with exit code 3"));
}

TEST_F(TorchEngines, SysExitIsAnErrorOfTheReferenceAlone) {
  const Python python(kStub);
  EXPECT_THAT(error_of("import sys\n\ndef run(x):\n    sys.exit(3)\n").what(),
              HasSubstr("d.yaml: reference:4:5: error: SystemExit"));
  EXPECT_THAT(error_of("def run(x):\n    return x.nothing\n").what(), HasSubstr("AttributeError"));
  EXPECT_EQ(host_.started(), 1);
}

TEST_F(TorchEngines, AHangEndsAtTheTimeLimitAndNamesItsLine) {
  const Python python(kStub);
  const Error error = error_of("def run(x):\n    while True:\n        pass\n", 0.5);
  EXPECT_EQ(error.kind(), ErrorKind::Environment);
  EXPECT_THAT(error.what(), HasSubstr("did not finish within 0.5 s; it was at this line"));
  EXPECT_THAT(error.what(), HasSubstr("d.yaml: reference:"));
  run(definition_of("def run(x):\n    return x\n", {"x"}), {vector_of("x", {4})});
  EXPECT_EQ(host_.started(), 2);
}

TEST_F(TorchEngines, WhatIsNoTensorIsNoOutput) {
  const Python python(kStub);
  const Error error = error_of("def run(x):\n    return x, {'y': x}\n");
  EXPECT_EQ(error.kind(), ErrorKind::Input);
  EXPECT_THAT(error.what(), HasSubstr("output 1 of the reference is a dict"));
}

TEST_F(TorchEngines, ADtypeThatNoDefinitionHasIsAnError) {
  const Python python(kStub);
  EXPECT_THAT(
      error_of("import torch\n\ndef run(x):\n    return torch.empty([2], torch.complex64)\n")
          .what(),
      HasSubstr("output 0 of the reference has dtype complex64, which no Definition can declare"));
}

TEST_F(TorchEngines, ADtypeThatThisPyTorchLacksIsUnsupported) {
  const Python python(kStub);
  const NamedTensor input{"x", Tensor(DType::Float8E4M3Fn, {2})};
  try {
    run(definition_of("def run(x):\n    return x\n", {"x"}), {input});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
    EXPECT_THAT(error.what(), HasSubstr("PyTorch 2.0.0 has no dtype float8_e4m3fn"));
  }
}

TEST_F(TorchEngines, AMissingPyTorchIsSaid) {
  const Python python("");
  EXPECT_FALSE(host_.status().available);
  EXPECT_THAT(error_of("def run(x):\n    return x\n").what(),
              HasSubstr("the torch engine needs PyTorch 1.13 or newer: "));
  EXPECT_THAT(host_.status().problem, HasSubstr("has no PyTorch"));
}

TEST_F(TorchEngines, ATooOldPyTorchIsSaid) {
  const TemporaryFolder stub;
  write_file_atomically(stub.path() / "torch-1.12.1.dist-info" / "METADATA",
                        std::string_view("Metadata-Version: 2.1\nName: torch\nVersion: 1.12.1\n"));
  const Python python(stub.path().string());
  EXPECT_FALSE(host_.status().available);
  EXPECT_THAT(host_.status().problem, HasSubstr("has PyTorch 1.12.1, older than 1.13"));
}

TEST_F(TorchEngines, APyTorchThatCannotBeImportedIsSaid) {
  const TemporaryFolder stub;
  write_file_atomically(stub.path() / "torch-2.1.0.dist-info" / "METADATA",
                        std::string_view("Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0\n"));
  write_file_atomically(stub.path() / "torch.py",
                        std::string_view("raise ImportError('libc10.so is not there')\n"));
  const Python python(stub.path().string());
  EXPECT_THAT(error_of("def run(x):\n    return x\n").what(),
              HasSubstr("the torch engine cannot start: ImportError: libc10.so is not there"));
}

TEST_F(TorchEngines, APythonThatIsNotThereIsSaid) {
  const EnvironmentVariable chosen("FITEST_PYTHON", "/nowhere/python3");
  EXPECT_FALSE(host_.status().available);
  EXPECT_THAT(host_.status().problem, HasSubstr("/nowhere/python3"));
}

TEST_F(TorchEngines, TimesOnTheGpuWithOneSetAfterTheOther) {
  const Python python(kStub, "export FITEST_STUB_GPU='Stub 100'");
  const Definition definition = definition_of(
      "import torch\n\ndef run(x):\n    torch.cuda.next_ms = x.tolist()[0]\n    x.zero_()\n    "
      "return x\n",
      {"x"});
  const std::vector<NamedTensor> first{vector_of("x", {1.5})};
  const std::vector<NamedTensor> second{vector_of("x", {2.5})};
  TorchEngine engine(host_, {"GPU-stub"}, kPlenty);
  EXPECT_EQ(engine.gpu(), "Stub 100");
  engine.prepare(definition, {&first, &second});
  EXPECT_EQ(engine.time(0), 1.5);
  EXPECT_EQ(engine.time(1), 2.5);
  EXPECT_EQ(engine.time(0), 1.5) << "the reference's own change of x was not undone";
}

TEST_F(TorchEngines, APythonWhoseGpuWasLostIsReplaced) {
  const Python python(kStub, "export FITEST_STUB_GPU=Stub FITEST_STUB_LOST=1");
  {
    TorchEngine engine(host_, {"GPU-stub"}, kPlenty);
    EXPECT_THROW(
        engine.run(definition_of("def run(x):\n    return x\n", {"x"}), {vector_of("x", {1})}),
        Error);
  }
  TorchEngine next(host_, {"GPU-stub"}, kPlenty);
  EXPECT_EQ(host_.started(), 2);
}

// Lends what the host has to a thread, as supervise.cpp does to the process of a case.
class Lending {
 public:
  explicit Lending(TorchSource& source)
      : lender_(source), borrowed_(lend()), thread_([this] { serve(); }) {}
  Lending(const Lending&) = delete;
  Lending& operator=(const Lending&) = delete;
  ~Lending() {
    borrowed_.reset();
    thread_.join();
  }
  TorchSource& borrowed() { return *borrowed_; }

 private:
  std::unique_ptr<TorchSource> lend() { return lender_.borrow(); }
  void serve() {
    while (lender_.serve()) {
    }
  }

  TorchLender lender_;
  std::unique_ptr<TorchSource> borrowed_;
  std::thread thread_;
};

TEST_F(TorchEngines, BorrowersUseOnePythonOneAfterTheOther) {
  const Python python(kStub);
  const Definition definition = definition_of("def run(x):\n    return x\n", {"x"});
  start_here();
  for (int borrower = 0; borrower < 2; ++borrower) {
    Lending lending(host_);
    EXPECT_EQ(lending.borrowed().status().version, "2.0.0");
    TorchEngine engine(lending.borrowed(), {}, kPlenty);
    EXPECT_EQ(engine.run(definition, {vector_of("x", {4})}).outputs.at(0).as<float>()[0], 4);
  }
  EXPECT_EQ(host_.started(), 1);
}

TEST_F(TorchEngines, ABorrowerThatDiesWithItCostsPythonItsLife) {
  const Python python(kStub);
  start_here();
  {
    Lending lending(host_);
    lending.borrowed().take("");
  }
  TorchEngine engine(host_, {}, kPlenty);
  EXPECT_EQ(host_.started(), 2);
}

TEST_F(TorchEngines, ABorrowerWithoutPyTorchGetsTheOwnersReason) {
  const Python python("");
  Lending lending(host_);
  EXPECT_FALSE(lending.borrowed().status().available);
  EXPECT_THROW(lending.borrowed().take(""), Error);
}

InputRequest request_of(const Definition& definition, const Workload& workload) {
  return {definition, workload, ".", 0, 0};
}

class ReferenceChoices : public TorchEngines {
 protected:
  ReferenceChoices() {
    workload_.uuid = "w";
    workload_.axes["n"] = 2;
    options_.use_cache = false;
    options_.torch = &host_;
  }
  ReferenceResult compute(const std::string& reference) {
    const Definition definition = definition_of(reference, {"x"});
    return compute_reference(request_of(definition, workload_), {vector_of("x", {3, 4})}, options_);
  }
  void use_gpu() { options_.gpu = {"GPU-stub", "Stub 100"}; }

  const std::string plain_ = "def run(x):\n    return x * 2\n";
  const std::string stub_only_ =
      "import torch\n\ndef run(x):\n    return torch.only_in_the_stub(x)\n";
  Workload workload_;
  ReferenceOptions options_;
};

TEST_F(ReferenceChoices, AutoIsBuiltinOnTheCpu) {
  const Python python(kStub);
  const ReferenceResult result = compute(plain_);
  EXPECT_THAT(result.engine, HasSubstr("builtin-"));
  EXPECT_EQ(result.note, "");
  EXPECT_EQ(host_.started(), 0);
}

TEST_F(ReferenceChoices, AutoIsTorchOnAGpu) {
  const Python python(kStub, "export FITEST_STUB_GPU='Stub 100'");
  use_gpu();
  const ReferenceResult result = compute(plain_);
  EXPECT_EQ(result.engine, "torch-2.0.0");
  EXPECT_EQ(result.hardware, "Stub 100");
  EXPECT_EQ(result.note, "");
  EXPECT_EQ(result.outputs.at(0).tensor.as<float>()[1], 8);
}

TEST_F(ReferenceChoices, AutoOnAGpuFallsBackToBuiltinWithoutPyTorchAndSaysSo) {
  const Python python("");
  use_gpu();
  const ReferenceResult result = compute(plain_);
  EXPECT_THAT(result.engine, HasSubstr("builtin-"));
  EXPECT_THAT(result.note, HasSubstr("reference engine builtin instead of torch: "));
  EXPECT_THAT(result.note, HasSubstr("has no PyTorch"));
}

TEST_F(ReferenceChoices, AutoOnAGpuFallsBackToBuiltinWhenPyTorchCannotUseIt) {
  const Python python(kStub);
  use_gpu();
  const ReferenceResult result = compute(plain_);
  EXPECT_THAT(result.engine, HasSubstr("builtin-"));
  EXPECT_THAT(result.note, HasSubstr("PyTorch cannot use the GPU"));
}

TEST_F(ReferenceChoices, AutoFallsBackToTorchForWhatBuiltinLacksAndSaysSo) {
  const Python python(kStub);
  const ReferenceResult result = compute(stub_only_);
  EXPECT_EQ(result.engine, "torch-2.0.0");
  EXPECT_THAT(result.note, HasSubstr("reference engine torch instead of builtin: "));
  EXPECT_THAT(result.note, HasSubstr("only_in_the_stub"));
}

TEST_F(ReferenceChoices, WithoutTorchTheErrorNamesWhatBuiltinLacks) {
  const Python python("");
  EXPECT_THROW(
      {
        try {
          compute(stub_only_);
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), HasSubstr("only_in_the_stub"));
          throw;
        }
      },
      Error);
}

TEST_F(ReferenceChoices, AWrongReferenceIsNotTriedTwice) {
  const Python python(kStub, "export FITEST_STUB_GPU='Stub 100'");
  use_gpu();
  EXPECT_THROW(compute("def run(x):\n    return x.reshape(7)\n"), Error);
}

TEST_F(ReferenceChoices, AskedForTorchOnAGpuThatPyTorchCannotUseItRunsOnTheCpu) {
  const Python python(kStub);
  use_gpu();
  options_.engine = ReferenceChoice::Torch;
  const ReferenceResult result = compute(plain_);
  EXPECT_EQ(result.engine, "torch-2.0.0");
  EXPECT_EQ(result.hardware, "");
}

TEST_F(ReferenceChoices, AnotherNumberOfOutputsThanDeclaredIsAnError) {
  const Python python(kStub);
  options_.engine = ReferenceChoice::Torch;
  EXPECT_THROW(
      {
        try {
          compute("def run(x):\n    return x, x\n");
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), HasSubstr("returned 2 outputs, the definition declares 1"));
          throw;
        }
      },
      Error);
}

TEST_F(ReferenceChoices, AnotherShapeThanDeclaredIsGivenToTheJudgeAsItIs) {
  const Python python(kStub);
  options_.engine = ReferenceChoice::Torch;
  EXPECT_EQ(compute("def run(x):\n    return x.unsqueeze(0)\n").outputs.at(0).tensor.shape(),
            (Shape{1, 2}));
}

class ReferenceTimings : public ReferenceChoices {
 protected:
  ReferenceTimings() : cache_("FITEST_CACHE_DIR", folder_.path().string()) {
    use_gpu();
    options_.use_cache = true;
  }
  // Three trials of five calls, after one each, of a reference whose time is its input.
  ReferenceTiming time(const std::string& reference) {
    const Definition definition = definition_of(reference, {"x"});
    const std::vector<NamedTensor> first{vector_of("x", {1, 0})};
    const std::vector<NamedTensor> second{vector_of("x", {3, 0})};
    SamplingOptions sampling;
    sampling.warmup = 0;
    sampling.iterations = 5;
    return time_reference(request_of(definition, workload_), {&first, &second}, options_, sampling);
  }

  const std::string slow_ =
      "import torch\n\ndef run(x):\n    torch.cuda.next_ms = x.tolist()[0]\n    return x\n";
  TemporaryFolder folder_;
  EnvironmentVariable cache_;
};

TEST_F(ReferenceTimings, AreTheMeanOfTheTrialsMediansOverRotatingInputs) {
  const Python python(kStub, "export FITEST_STUB_GPU='Stub 100'");
  const ReferenceTiming timing = time(slow_);
  EXPECT_EQ(timing.note, "");
  ASSERT_EQ(timing.samples.trials.size(), 3U);
  EXPECT_THAT(timing.samples.trials[0], ::testing::ElementsAre(3, 1, 3, 1, 3));
  EXPECT_EQ(timing.latency_ms, 3);
  EXPECT_FALSE(timing.from_cache);
}

TEST_F(ReferenceTimings, AreKeptWithTheGoldens) {
  const Python python(kStub, "export FITEST_STUB_GPU='Stub 100'");
  const double measured = time(slow_).latency_ms;
  const ReferenceTiming again = time(slow_);
  EXPECT_TRUE(again.from_cache);
  EXPECT_EQ(again.latency_ms, measured);
  EXPECT_EQ(host_.started(), 1);
}

TEST_F(ReferenceTimings, SayWhyTheyAreMissing) {
  const Python python(kStub, "export FITEST_STUB_GPU='Stub 100'");
  const ReferenceTiming timing = time("def run(x):\n    return x.nothing\n");
  EXPECT_EQ(timing.latency_ms, 0);
  EXPECT_THAT(timing.note, HasSubstr("the reference could not be timed: "));
  EXPECT_THAT(timing.note, HasSubstr("AttributeError"));
}

// With the PyTorch of this machine.
class RealPyTorch : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!host_.status().available) GTEST_SKIP() << host_.status().problem;
  }
  TorchHost host_;
};

TEST_F(RealPyTorch, RunsAReferenceOnTheCpu) {
  const Definition definition = definition_of(
      "import torch\n\n@torch.no_grad()\ndef run(b, a):\n"
      "    return a.to(torch.bfloat16), torch.softmax(a - b, 0), a > b, a.sum().item()\n",
      {"a", "b"});
  TorchEngine engine(host_, {}, kPlenty);
  const TorchRun result = engine.run(definition, {vector_of("a", {1, 2}), vector_of("b", {2, 1})});
  ASSERT_EQ(result.outputs.size(), 4U);
  EXPECT_EQ(result.outputs[0].dtype(), DType::BFloat16);
  EXPECT_EQ(element_as_double(result.outputs[0], 1), 2);
  EXPECT_NEAR(result.outputs[1].as<float>()[1], 0.880797, 1e-6);
  EXPECT_EQ(result.outputs[2].dtype(), DType::Bool);
  EXPECT_EQ(element_as_double(result.outputs[3], 0), 3);
}

TEST_F(RealPyTorch, TakesEveryDtypeThatADefinitionMayDeclare) {
  Definition definition = definition_of("def run(x):\n    return x\n", {"x"});
  for (const std::string& name : official_dtype_names()) {
    const DType dtype = *dtype_from_name(name);
    Tensor tensor(dtype, {2, 4});
    for (std::size_t i = 0; i < tensor.size_bytes(); ++i) tensor.data()[i] = std::byte{1};
    TorchEngine engine(host_, {}, kPlenty);
    try {
      const TorchRun result = engine.run(definition, {{"x", tensor}});
      EXPECT_EQ(result.outputs.at(0).dtype(), dtype) << name;
      EXPECT_EQ(result.outputs.at(0).shape(), tensor.shape()) << name;
      EXPECT_TRUE(std::ranges::equal(result.outputs.at(0).bytes(), tensor.bytes())) << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unsupported) << error.what();
    }
  }
}

}  // namespace
}  // namespace fitest
