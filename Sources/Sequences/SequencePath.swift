package import VolumeRendering

/// A whole sequence before it is rendered: for each frame a latent and a camera.
package struct SequencePath: Sendable {
  /// Where the pictures are taken from.
  package enum CameraCourse: Sendable {
    case still(Camera)
    /// Pictures are of the given size, pixels.
    case track(CameraTrack, width: Int, height: Int)
  }

  package let frames: SequenceFrames
  package var latent: LatentTrack
  package var camera: CameraCourse
  /// The time that the frames are spread over, seconds.
  package let range: ClosedRange<Double>

  /// Where each frame is on the path where this is not in equal steps, `[frames.count]`, in 0…1.
  package var positions: [Double]?

  package init(
    frames: SequenceFrames, latent: LatentTrack, camera: CameraCourse, range: ClosedRange<Double>
  ) {
    self.frames = frames
    self.latent = latent
    self.camera = camera
    self.range = range
  }

  /// Where on the path a frame is, 0 at its start and 1 at its end.
  package func position(of frame: Int) -> Double {
    positions?[frame - 1] ?? frames.position(of: frame)
  }

  /// What is shown at a place of the path.
  ///
  /// - Parameter position: 0 at the path's start, 1 at its end.
  package func view(at position: Double, in library: LatentLibrary) -> (
    mix: LatentMix, camera: Camera
  ) {
    let time = range.lowerBound + position * (range.upperBound - range.lowerBound)
    let view =
      switch camera {
      case .still(let camera): camera
      case .track(let track, let width, let height):
        track.camera(at: time, width: width, height: height)
      }
    return (latent.mix(at: time, in: library), view)
  }
}
