using Hexagram.Protocol;

namespace Hexagram.Checking;

/// <summary>One device of one user: whoever can send and have effects in a history.</summary>
/// <param name="User">Whose device.</param>
/// <param name="Device">Which of the user's devices.</param>
public readonly record struct Party(UserId User, DeviceId Device)
{
    /// <summary>Such as <c>alice/phone</c>.</summary>
    public override string ToString() => $"{User}/{Device}";
}
