package import NeuralFields

extension Checkpoint {
  /// The codes that the model's scenes have: those of scenes at rest, and of every moving scene as many
  /// as it has rows, at equal steps of time.
  ///
  /// They are the rows of `latents`, but for the coefficients of a Fourier path, which are no codes.
  package var sceneCodes: LatentTable {
    let paths = (configuration.motion ?? []).filter { !$0.curve.hasKeys }
    guard !paths.isEmpty else { return latents }
    var (names, values) = (latents.names, latents.values)
    for path in paths {
      for (row, time) in zip(path.rows, path.keyTimes) {
        names[row] = "\(path.scene)\(LatentTrajectory.rowSeparator)time\(Float(time))"
        values.replaceSubrange(
          latents.range(ofRow: row), with: latents.code(of: path, at: time).values)
      }
    }
    return LatentTable(names: names, width: latents.width, values: values)
  }
}
