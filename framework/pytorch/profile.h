// SPDX-License-Identifier: Apache-2.0
// Where the time of a reference goes: by line, and by operator.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fitest::pytorch {

struct ProfileRow {
  std::string name;      // of the operator; empty for a line
  std::size_t line = 0;  // 1-based; 0 for an operator
  std::size_t calls = 0;
  double milliseconds = 0;
};

// Fed by one interpreter. A line's time is its own: what the statements of a loop's or a function's
// body take is theirs, so that all lines add up to the whole. Operators may be called from several
// lines; "@", "[]" and their kin stand for Python's own spelling.
class Profile {
 public:
  // By time, the largest first.
  std::vector<ProfileRow> lines() const;
  std::vector<ProfileRow> operators() const;
  // Of all lines.
  double milliseconds() const;

  void enter(std::size_t line);
  void leave();
  void add_operator(std::string_view name, std::chrono::steady_clock::duration elapsed);

 private:
  struct Tally {
    std::size_t calls = 0;
    std::chrono::steady_clock::duration time{};
  };
  void charge();

  std::map<std::size_t, Tally> lines_;
  std::map<std::string, Tally, std::less<>> operators_;
  std::vector<std::size_t> stack_;  // lines at work, the innermost last
  std::chrono::steady_clock::time_point since_;
};

// A statement while it runs; nothing without a profile.
class ProfiledLine {
 public:
  ProfiledLine(Profile* profile, std::size_t line) : profile_(profile) {
    if (profile_ != nullptr) profile_->enter(line);
  }
  ProfiledLine(const ProfiledLine&) = delete;
  ProfiledLine& operator=(const ProfiledLine&) = delete;
  ~ProfiledLine() {
    if (profile_ != nullptr) profile_->leave();
  }

 private:
  Profile* profile_;
};

// The same for one operator.
class ProfiledOperator {
 public:
  ProfiledOperator(Profile* profile, std::string_view name) : profile_(profile), name_(name) {
    if (profile_ != nullptr) begin_ = std::chrono::steady_clock::now();
  }
  ProfiledOperator(const ProfiledOperator&) = delete;
  ProfiledOperator& operator=(const ProfiledOperator&) = delete;
  ~ProfiledOperator() {
    if (profile_ != nullptr)
      profile_->add_operator(name_, std::chrono::steady_clock::now() - begin_);
  }

 private:
  Profile* profile_;
  std::string_view name_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace fitest::pytorch
