import NeuralFields

/// A weighted sum of scenes by name: what a frame of a sequence shows.
///
///     latent = Σᵢ wᵢ latentᵢ
///
/// Every point of every path is such a sum, so that a frame can be named, and rendered alone.
package struct LatentMix: Sendable, Hashable {
  /// Where a part's latent comes from.
  package enum Source: Sendable, Hashable {
    /// One of the model's scenes.
    case scene(String)
    /// A latent file, by its path.
    case file(String)
    /// A row of the trajectory that a latent file holds, counted from 0.
    case row(Int, ofFile: String)
    /// The mean of the codes of all of the model's scenes.
    case mean
  }

  package struct Part: Sendable, Hashable {
    package var source: Source
    package var weight: Float

    package init(source: Source, weight: Float) {
      self.source = source
      self.weight = weight
    }
  }

  /// At least one, each source once, in the order in which they were named.
  package let parts: [Part]

  package init(_ source: Source) {
    parts = [Part(source: source, weight: 1)]
  }

  /// A weighted sum of sums.
  ///
  /// What has no weight is left out, unless nothing else is there.
  ///
  /// - Precondition: there is at least one term.
  package init(sumOf terms: [(mix: LatentMix, weight: Float)]) {
    precondition(!terms.isEmpty, "found no terms, expected some")
    var parts: [Part] = []
    for (mix, weight) in terms {
      for part in mix.parts {
        if let place = parts.firstIndex(where: { $0.source == part.source }) {
          parts[place].weight += weight * part.weight
        } else {
          parts.append(Part(source: part.source, weight: weight * part.weight))
        }
      }
    }
    let weighty = parts.filter { $0.weight != 0 }
    self.parts = weighty.isEmpty ? [parts[0]] : weighty
  }

  /// - Precondition: there is at least one part, and no source twice.
  package init(parts: [Part]) {
    precondition(
      !parts.isEmpty && Set(parts.map(\.source)).count == parts.count,
      "found no parts or a source twice, expected each once")
    self.parts = parts
  }

  /// The mix moved towards the mean scene.
  ///
  ///     mean + ψ (mix − mean)
  ///
  /// (The truncation trick: Karras et al. 2019, sec. 2.1, https://arxiv.org/abs/1812.04948.)
  ///
  /// - Parameter share: ψ, 1 for the mix as it is, 0 for the mean.
  package func truncated(to share: Float) -> LatentMix {
    share == 1 ? self : LatentMix(sumOf: [(self, share), (LatentMix(.mean), 1 - share)])
  }

  /// The mix as people write it, such as `a*0.3 + b*0.7`; spaces tell an operator from a part of a name.
  package var text: String {
    var text = ""
    for part in parts {
      let isNegative = part.weight.sign == .minus
      if text.isEmpty {
        text += isNegative ? "-" : ""
      } else {
        text += isNegative ? " - " : " + "
      }
      text += part.source.text
      if abs(part.weight) != 1 { text += "*\(abs(part.weight))" }
    }
    return text
  }
}

extension LatentMix.Source {
  /// The path of the latent file that it comes from, if any.
  package var path: String? {
    switch self {
    case .file(let path), .row(_, let path): path
    case .scene, .mean: nil
    }
  }

  package var text: String {
    switch self {
    case .scene(let name): name
    case .file(let path): path
    case .row(let row, let path): "\(path)\(LatentTrajectory.rowSeparator)\(row)"
    case .mean: LatentMix.meanName
    }
  }
}
