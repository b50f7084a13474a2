/// The text files that say where the views of a synthetic data set were taken from.
import Foundation
import NeuralFields
import VolumeRendering

extension SyntheticDataset {
  /// Which way the second and third column of a camera's matrix point.
  enum CameraAxes {
    /// Up and backward.
    case openGL
    /// Down and forward.
    case openCV
  }

  /// Camera to world by rows, each number in as many digits as give it back exactly.
  static func matrix(of camera: Camera, axes: CameraAxes) -> [[String]] {
    let sign: Float = axes == .openGL ? 1 : -1
    let rows = (0..<3).map { row in
      [camera.right[row], sign * camera.up[row], sign * camera.backward[row], camera.position[row]]
    }
    return (rows + [[0, 0, 0, 1]]).map { row in row.map { "\($0)" } }
  }

  /// Steps of the depth pictures per scene unit.
  ///
  /// The largest power of ten that keeps the far end of the bound within 16 bits.
  package var depthScale: Float {
    RenderedImage.depthScale(reaching: depthRange.upperBound)
  }

  /// Between these distances from a camera lies the ball around the bound, scene units.
  package var depthRange: ClosedRange<Float> {
    let radius = 0.5 * bound.diagonal
    return max(distance - radius, 0)...distance + radius
  }

  static func listingName(of split: Split, layout: Layout) -> String {
    switch layout {
    case .transforms: "transforms_\(split.shortName).json"
    case .srn: "intrinsics.txt"
    }
  }

  /// The text without which a folder is no scene: all cameras, or what they have in common.
  func listing(of split: Split, layout: Layout) -> String {
    switch layout {
    case .transforms: transforms(of: split)
    case .srn: intrinsics
    }
  }

  private func transforms(of split: Split) -> String {
    let frames = views(of: split).enumerated().map { index, view in
      let rows = Self.matrix(of: view.camera, axes: .openGL)
        .map { "[" + $0.joined(separator: ", ") + "]" }
      let path = "./\(split.shortName)/r_\(index)"
      return "  {\"file_path\": \"\(path)\""
        + (settings.writesDepth ? ", \"depth_file_path\": \"\(path)_depth\"" : "")
        + (view.time.map { ", \"time\": \($0)" } ?? "")
        + ",\n   \"transform_matrix\": [" + rows.joined(separator: ", ") + "]}"
    }
    return """
      {
       "camera_angle_x": \(settings.horizontalFieldOfView),
       "w": \(settings.width),
       "h": \(settings.height),
       "near": \(depthRange.lowerBound),
       "far": \(depthRange.upperBound),
      \(settings.writesDepth ? " \"depth_scale\": \(depthScale),\n" : "")\
      \(settings.timing.map(Self.keys) ?? "")\
       "frames": [
      \(frames.joined(separator: ",\n"))
       ]
      }

      """
  }

  /// How long the time from 0 to 1 lasts, and whether it closes.
  private static func keys(of timing: Timing) -> String {
    " \"time_seconds\": \(timing.seconds),\n \"time_loops\": \(timing.loops),\n"
  }

  /// Focal length and principal point, the barycentre and scale of SRN's files, height and width.
  private var intrinsics: String {
    let width = Float(settings.width)
    let focal = 0.5 * width / tan(0.5 * settings.horizontalFieldOfView)
    return """
      \(focal) \(0.5 * width) \(0.5 * Float(settings.height)) 0.
      0. 0. 0.
      1.
      \(settings.height) \(settings.width)

      """
  }
}
