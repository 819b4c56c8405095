using System.Globalization;

namespace Hexagram.Protocol;

/// <summary>
/// A number that a device makes anew, durable and increasing, for each connection.
/// Of two connections of one device the higher stays, whatever the order of arrival (PROTOCOL §4).
/// </summary>
/// <param name="Value">1 to <see cref="ProtocolLimits.NumberMax"/>.</param>
public readonly record struct ConnectionNumber(long Value)
{
    /// <summary>The number for the next connection.</summary>
    public ConnectionNumber Next => new(checked(Value + 1));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
