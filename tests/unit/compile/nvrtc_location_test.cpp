// SPDX-License-Identifier: Apache-2.0
#include "compile/nvrtc_location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "compile/nvrtc.h"
#include "testing/temporary_folder.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "no library\n";
}

// Toolkits and wheels of the machine are out of sight; everything lies in `root`.
class NvrtcLocationTest : public ::testing::Test {
 protected:
  void SetUp() override { root_ = fs::canonical(folder_.path()); }
  testing::TemporaryFolder folder_;
  fs::path root_;
  testing::EnvironmentVariable cache_{"FITEST_CACHE_DIR", folder_.path().string()};
  testing::EnvironmentVariable users_{"XDG_CACHE_HOME", (folder_.path() / "user").string()};
};

TEST_F(NvrtcLocationTest, AChosenFileIsTheOnlyLocation) {
  touch(root_ / "lib/libnvrtc.so.13");
  const testing::EnvironmentVariable chosen("FITEST_NVRTC", root_ / "lib/libnvrtc.so.13");
  const auto found = find_nvrtc();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].library, (root_ / "lib/libnvrtc.so.13").string());
}

TEST_F(NvrtcLocationTest, AChosenFolderMayBeAToolkitOrItsLibraryFolder) {
  touch(root_ / "lib64/libnvrtc.so.12");
  for (const fs::path& folder : {root_, root_ / "lib64"}) {
    const testing::EnvironmentVariable chosen("FITEST_NVRTC", folder);
    const auto found = find_nvrtc();
    ASSERT_EQ(found.size(), 1u) << folder;
    EXPECT_EQ(found[0].library, (root_ / "lib64/libnvrtc.so.12").string());
  }
}

TEST_F(NvrtcLocationTest, HeadersBesideTheLibraryAreItsIncludePaths) {
  touch(root_ / "lib/libnvrtc.so.13");
  touch(root_ / "include/cuda_fp16.h");
  fs::create_directories(root_ / "include/cccl");
  const testing::EnvironmentVariable chosen("FITEST_NVRTC", root_);
  EXPECT_THAT(find_nvrtc().at(0).include_paths,
              ElementsAre((root_ / "include").string(), (root_ / "include/cccl").string()));
}

TEST_F(NvrtcLocationTest, HeadersOfTheTargetsLayoutAreFound) {
  touch(root_ / "targets/x86_64-linux/lib/libnvrtc.so.13");
  touch(root_ / "targets/x86_64-linux/include/cuda_fp16.h");
  const testing::EnvironmentVariable chosen("FITEST_NVRTC", root_);
  EXPECT_THAT(find_nvrtc().at(0).include_paths,
              ElementsAre((root_ / "targets/x86_64-linux/include").string()));
}

TEST_F(NvrtcLocationTest, ChosenHeadersReplaceThoseOfTheToolkit) {
  touch(root_ / "lib/libnvrtc.so.13");
  touch(root_ / "include/cuda_fp16.h");
  const testing::EnvironmentVariable chosen("FITEST_NVRTC", root_);
  const testing::EnvironmentVariable include("FITEST_CUDA_INCLUDE", "/a:/b");
  EXPECT_THAT(find_nvrtc().at(0).include_paths, ElementsAre("/a", "/b"));
}

TEST_F(NvrtcLocationTest, WithoutToolkitTheNewestUnpackedWheelsComeFirst) {
  touch(root_ / "nvrtc/12.9.86/lib/libnvrtc.so.12");
  touch(root_ / "nvrtc/13.0.88/lib/libnvrtc.so.13");
  const testing::EnvironmentVariable ignore("FITEST_IGNORE_TOOLKIT", "1");
  const auto found = find_nvrtc();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].library, HasSubstr("13.0.88"));
  EXPECT_THAT(found[1].library, HasSubstr("12.9.86"));
}

TEST_F(NvrtcLocationTest, WheelsOfTheUsersCacheAreFoundWhenTheCacheWasMoved) {
  touch(root_ / "user/fitest/nvrtc/13.0.88/lib/libnvrtc.so.13");
  const testing::EnvironmentVariable ignore("FITEST_IGNORE_TOOLKIT", "1");
  EXPECT_THAT(find_nvrtc().at(0).library, HasSubstr("user/fitest/nvrtc/13.0.88"));
}

TEST_F(NvrtcLocationTest, AChosenToolkitComesBeforeTheMachines) {
  touch(root_ / "lib64/libnvrtc.so.13");
  const testing::EnvironmentVariable home("FITEST_CUDA_HOME", root_);
  EXPECT_EQ(find_nvrtc().at(0).library, (root_ / "lib64/libnvrtc.so.13").string());
}

TEST_F(NvrtcLocationTest, IdentityChangesWithTheFile) {
  touch(root_ / "lib/libnvrtc.so.13");
  const testing::EnvironmentVariable chosen("FITEST_NVRTC", root_);
  const std::string before = identity_of(find_nvrtc());
  EXPECT_EQ(identity_of(find_nvrtc()), before);
  fs::resize_file(root_ / "lib/libnvrtc.so.13", 1);
  EXPECT_NE(identity_of(find_nvrtc()), before);
}

TEST_F(NvrtcLocationTest, AFileThatIsNoLibraryIsAProblemThatNamesIt) {
  touch(root_ / "lib/libnvrtc.so.13");
  std::string problem;
  EXPECT_FALSE(Nvrtc::open({(root_ / "lib/libnvrtc.so.13").string(), {}}, &problem));
  EXPECT_THAT(problem, HasSubstr("lib/libnvrtc.so.13"));
}

TEST_F(NvrtcLocationTest, ALibraryWithoutNvrtcsFunctionsIsAProblemThatNamesTheFirst) {
  std::string problem;
  EXPECT_FALSE(Nvrtc::open({"libm.so.6", {}, false}, &problem));
  EXPECT_THAT(problem, HasSubstr("has no function nvrtcVersion"));
}

}  // namespace
}  // namespace fitest
