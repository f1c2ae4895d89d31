// SPDX-License-Identifier: Apache-2.0
#include "pytorch/profile.h"

#include <algorithm>

namespace fitest::pytorch {
namespace {

double milliseconds_of(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void sort_by_time(std::vector<ProfileRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const ProfileRow& a, const ProfileRow& b) {
    return a.milliseconds > b.milliseconds;
  });
}

}  // namespace

std::vector<ProfileRow> Profile::lines() const {
  std::vector<ProfileRow> rows;
  for (const auto& [line, tally] : lines_) {
    rows.push_back({"", line, tally.calls, milliseconds_of(tally.time)});
  }
  sort_by_time(rows);
  return rows;
}

std::vector<ProfileRow> Profile::operators() const {
  std::vector<ProfileRow> rows;
  for (const auto& [name, tally] : operators_) {
    rows.push_back({name, 0, tally.calls, milliseconds_of(tally.time)});
  }
  sort_by_time(rows);
  return rows;
}

double Profile::milliseconds() const {
  std::chrono::steady_clock::duration total{};
  for (const auto& [line, tally] : lines_) total += tally.time;
  return milliseconds_of(total);
}

// What passed since the last change of the stack is the innermost line's.
void Profile::charge() {
  const auto now = std::chrono::steady_clock::now();
  if (!stack_.empty()) lines_[stack_.back()].time += now - since_;
  since_ = now;
}

void Profile::enter(std::size_t line) {
  charge();
  stack_.push_back(line);
  ++lines_[line].calls;
}

void Profile::leave() {
  charge();
  stack_.pop_back();
}

void Profile::add_operator(std::string_view name, std::chrono::steady_clock::duration elapsed) {
  auto found = operators_.find(name);
  if (found == operators_.end()) found = operators_.emplace(std::string(name), Tally{}).first;
  ++found->second.calls;
  found->second.time += elapsed;
}

}  // namespace fitest::pytorch
