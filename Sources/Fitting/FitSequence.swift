package import Kernels
import NeuralFields
package import VolumeRendering

/// A short sequence of pictures of one scene that moves: what a path of codes is fitted to.
package struct FitSequence: Sendable {
  /// One picture, its camera and when it was taken.
  package struct Frame: Sendable {
    package let picture: FitPicture
    /// Of the picture's size.
    package let camera: Camera
    /// 0…1.
    package let time: Double

    package init(picture: FitPicture, camera: Camera, time: Double) {
      precondition((0...1).contains(time), "found time \(time), expected 0…1")
      self.picture = picture
      self.camera = camera
      self.time = time
    }
  }

  /// In the order of their times.
  package let frames: [Frame]
  /// Whether time 1 is time 0 again.
  package let loops: Bool
  /// How long the way from 0 to 1 lasts, > 0.
  package let seconds: Float

  /// - Precondition: there are two different times.
  package init(frames: [Frame], loops: Bool, seconds: Float) {
    self.frames = frames.sorted { $0.time < $1.time }
    precondition(
      Set(frames.map(\.time)).count >= 2, "found fewer than two times, expected a sequence")
    self.loops = loops
    self.seconds = seconds
  }

  /// How many cameras took the frames; one that stands still counts once.
  package var cameraCount: Int {
    var known: [Camera] = []
    for frame in frames where !known.contains(where: { frame.camera.isAt($0) }) {
      known.append(frame.camera)
    }
    return known.count
  }

  /// The rays of every frame.
  ///
  /// - Parameters:
  ///   - mirror: the plane of symmetry.
  ///   - heldOutShare: of the pixels.
  package func rays(
    mirror: MirrorPlane?, mirrorShare: Float, heldOutShare: Float, random: SeededGenerator
  ) -> [FitRays] {
    frames.enumerated().map { index, frame in
      FitRays(
        [(frame.picture, frame.camera)], mirror: mirror, mirrorShare: mirrorShare,
        heldOutShare: heldOutShare, random: random.split(UInt64(index)))
    }
  }
}

extension Camera {
  /// Whether two cameras stand in one place and look in one direction through one lens.
  package func isAt(_ other: Camera) -> Bool {
    let tolerance: Float = 1e-3
    return width == other.width && height == other.height
      && abs(focalX - other.focalX) <= tolerance * focalX
      && abs(focalY - other.focalY) <= tolerance * focalY
      && (position - other.position).length <= tolerance
      && (right - other.right).length <= tolerance && (up - other.up).length <= tolerance
  }
}
