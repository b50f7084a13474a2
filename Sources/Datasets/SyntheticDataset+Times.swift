/// When the views of a moving scene are taken.
package import VolumeRendering

extension SyntheticDataset {
  /// The times at which a moving scene is seen.
  package struct Timing: Sendable, Equatable {
    /// Training times, ≥ 2, in equal steps: from 0 to before 1 where the motion loops, else to 1.
    package var count: Int

    package var loops: Bool

    /// How long the time from 0 to 1 lasts, seconds, > 0.
    package var seconds: Float

    /// Whether the training views of every time come from other directions, or from the same ones.
    package var camerasMove: Bool

    package init(count: Int, loops: Bool, seconds: Float, camerasMove: Bool = true) {
      precondition(count >= 2, "found \(count) times, expected at least 2")
      self.count = count
      self.loops = loops
      self.seconds = seconds
      self.camerasMove = camerasMove
    }

    /// Steps from one training time to the next, within 0…1.
    private var stepCount: Int { loops ? count : count - 1 }

    /// The time that lies a share of a step after a training time.
    ///
    /// - Parameters:
    ///   - index: of the training time, counted from 0.
    ///   - share: [0, 1).
    package func time(after index: Int, share: Double = 0) -> Float {
      Float((Double(index) + share) / Double(stepCount))
    }

    /// The times of a split's views, one per view.
    ///
    /// No validation or test time is a training time: they lie a quarter and half of a step after one,
    /// and as evenly spread as multiples of the golden ratio.
    func times(of split: Split, viewCount: Int) -> [Float] {
      (0..<viewCount).map { view in
        if split == .train { return time(after: view / (viewCount / count)) }
        let turns = Double(view) * 0.618_033_988_749_895
        return time(
          after: Int((turns - turns.rounded(.down)) * Double(stepCount)),
          share: split == .test ? 0.5 : 0.25)
      }
    }
  }

  /// From where a picture is taken, and when.
  package struct View: Sendable, Equatable {
    package var camera: Camera
    /// 0…1; nil for a scene at rest.
    package var time: Float?
  }

  package func views(of split: Split) -> [View] {
    let cameras = cameras(of: split)
    guard let timing = settings.timing else { return cameras.map { View(camera: $0) } }
    let times = timing.times(of: split, viewCount: cameras.count)
    return zip(cameras, times).map { View(camera: $0, time: $1) }
  }
}
