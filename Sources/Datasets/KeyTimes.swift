/// When a path is at its keys, and how it goes from one to the next.
package struct KeyTimes: Sendable, Equatable {
  package struct Key: Sendable, Equatable {
    /// Seconds.
    package var time: Double
    /// How long the path stays there, seconds, ≥ 0.
    package var hold: Double
    /// Of the way to the next key.
    package var easing: Easing

    package init(time: Double, hold: Double = 0, easing: Easing = .linear) {
      self.time = time
      self.hold = hold
      self.easing = easing
    }
  }

  /// At least one; times ascend, and a hold ends before the next key.
  package let keys: [Key]

  /// When a path that returns to its first key is there again; nil for one that does not.
  package let closingTime: Double?

  package init(_ keys: [Key], closingTime: Double? = nil) {
    precondition(!keys.isEmpty, "found no keys, expected some")
    self.keys = keys
    self.closingTime = closingTime
  }

  /// Keys in equal steps over a stretch of time, at each of which the path stays equally long.
  ///
  /// - Parameters:
  ///   - range: seconds.
  ///   - hold: seconds; those of all keys together are less than the whole.
  package init(
    count: Int, over range: ClosedRange<Double>, hold: Double = 0, easing: Easing = .linear,
    closes: Bool
  ) {
    let duration = range.upperBound - range.lowerBound
    let stepCount = closes ? count : count - 1
    let way = stepCount > 0 ? (duration - hold * Double(count)) / Double(stepCount) : 0
    self.init(
      (0..<count).map {
        Key(time: range.lowerBound + Double($0) * (hold + way), hold: hold, easing: easing)
      },
      closingTime: closes && count > 1 ? range.upperBound : nil)
  }

  package var start: Double { keys[0].time }

  package var end: Double {
    closingTime ?? (keys[keys.count - 1].time + keys[keys.count - 1].hold)
  }

  /// The key that a time follows, and the share of the way from it to the next one, [0, 1].
  ///
  /// A share so near a key that it is rounding alone is at the key.
  package func place(at time: Double) -> (key: Int, share: Double) {
    let key = (keys.lastIndex { $0.time <= time }) ?? 0
    guard let next = key + 1 < keys.count ? keys[key + 1].time : closingTime else {
      return (key, 0)
    }
    let departure = keys[key].time + keys[key].hold
    guard next > departure else { return (key, 0) }
    let share = min(max((time - departure) / (next - departure), 0), 1)
    if share < 1e-9 { return (key, 0) }
    if share > 1 - 1e-9 { return (key, 1) }
    return (key, keys[key].easing.share(at: share))
  }
}
