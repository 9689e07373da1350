# The lab's syslogd: appends what is sent to a datagram socket to a file, one line each.
#
#     perl syslog.pl /dev/log /var/log/mail.log
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $file) = @ARGV;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "$path: $!";
chmod 0666, $path;
open my $log, '>>', $file or die "$file: $!";
$log->autoflush(1);
while (defined $socket->recv(my $message, 65536)) {
    $message =~ s/^<\d+>//;
    $message =~ s/[\0\n]+\z//;
    print $log "$message\n";
}
