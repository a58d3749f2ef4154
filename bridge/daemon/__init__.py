"""The service: `hyperproof-bridge run`, which makes runs on a schedule for years.

timetable  when runs are due: APScheduler, which lives here alone
once       one run: what it came to, and how soon it is tried again
signs      signs of life: of the scheduler, and of a run under way
watch      the files that the configuration was made of
clock      time that ends a wait when the service is to stop
notify     what systemd is told
presence   which service makes the runs of an organization, and how to ask it for one
leadership several replicas, of which one leads
stages     how long the stages of a run take
herald     the thread that tells people what needs them
service    all of these together: the loop that takes orders
"""
