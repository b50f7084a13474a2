import Checkpoints
import Foundation
import Testing

import enum TestSupport.Robustness

@Suite("Numbers near the end of their range") struct ExtremeNumbersTests {
  /// A model whose codes are finite numbers, and whose products are not.
  private static func extreme(_ model: [UInt8]) throws -> [UInt8] {
    var file = try Safetensors.decode(model, path: "model")
    file.tensors = file.tensors.map { tensor in
      guard tensor.name == "latents" else { return tensor }
      return Tensor(
        name: tensor.name, shape: tensor.shape, elementType: tensor.elementType,
        values: tensor.values.map { $0 < 0 ? -1e38 : 1e38 })
    }
    return try Safetensors.encode(file, path: "bad")
  }

  private static let huge = [
    "transforms.json": """
    {"camera_angle_x": 1, "w": 8, "h": 8, "frames": [{"file_path": "a.png", "transform_matrix":
    [[1, 0, 0, 1e38], [0, 1, 0, 1e38], [0, 0, 1, 1e38], [0, 0, 0, 1]]}]}
    """,
    "timeline.json": """
    {"hypermarch_timeline": 1, "size": [8, 8], "fps": 1, "camera": [
    {"time": 0, "kind": "look-at", "fov": 40, "from": [1e38, 1e38, 1e38], "at": [-1e38, 0, 0]},
    {"time": 1, "kind": "look-at", "fov": 40, "from": [-1e38, 1e38, 1e38], "at": [1e38, 0, 0]}]}
    """,
    "path.json": """
    {"render_width": 8, "render_height": 8, "camera_path": [{"fov": 40, "camera_to_world":
    [1, 0, 0, 1e38, 0, 1, 0, -1e38, 0, 0, 1, 1e38, 0, 0, 0, 1]}]}
    """,
    "scene.json": """
    {"hypermarch_scene": 1, "description": "far", "bound": {"minimum": [-1e38, -1e38, -1e38],
    "maximum": [1e38, 1e38, 1e38]}, "density": 1, "softness": 1, "shapes": [{"kind": "sphere",
    "centre": [1e38, 0, 0], "radius": 1e38, "colour": [1, 0, 0]}], "cameras": [{"name": "a",
    "kind": "orbit", "azimuth": 0, "elevation": 0, "distance": 1e38, "fov": 40}]}
    """,
  ]

  private static let commands = [
    ["info", "bad.safetensors", "--json"], ["latents", "list", "bad.safetensors", "--json"],
    ["latents", "directions", "bad.safetensors", "--json"],
    ["latents", "nearest", "bad.safetensors", Fixtures.taxi + "/train/r_0.png", "--json"],
    ["latents", "quantize", "bad.safetensors", "--json"],
    ["latents", "mix", "bad.safetensors", "mean", "--json"],
    ["evaluate", "bad.safetensors", Fixtures.cars, "--json", "--quality", "preview"],
    ["render", "bad.safetensors", "--size", "8", "-o", "p.png", "--json"],
    ["inspect", ".", "--json"], ["render", "scene.json", "--size", "8", "-o", "p.png", "--json"],
    ["interpolate", "model.safetensors", "--timeline", "timeline.json", "-o", "#.png", "--json"],
    ["interpolate", "model.safetensors", "--camera-path", "path.json", "-o", "#.png", "--json"],
  ]

  /// A share, and always the same.
  static let chosen = commands.indices
    .filter { Robustness.runsAll || $0 % 4 == 1 }.map { commands[$0] }

  @Test(
    "Promise 2: finite numbers near the end of their range end in a report, or in one line of error",
    arguments: chosen)
  func extremes(command: [String]) async throws {
    try await withTemporaryFolder { folder in
      let model = try await Fixtures.model()
      try folder.put(model, at: "model.safetensors")
      try folder.put(Self.extreme(model), at: "bad.safetensors")
      for (name, text) in Self.huge { try folder.put(text, at: name) }
      // A process that traps is an error here.
      let run = try await Program.run(command, in: folder)
      let isReport =
        run.exitCode == 0
        && (try? JSONSerialization.jsonObject(with: Data(run.output.utf8))) != nil
      let isRefused =
        [65, 70].contains(run.exitCode) && run.errorLines.last?.hasPrefix("error: ") == true
      #expect(isReport || isRefused, "\(command): \(run.exitCode) \(run.errors)")
      Robustness.record(
        "finite extremes, as JSON", cases: 1, failures: isReport || isRefused ? 0 : 1)
    }
  }
}
